"""One entry of the file tree, as a fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from upgradeproof.probes.base import Facts, Record
from upgradeproof.probes.text_diff import only_comments_differ, unified

ROOT = "/"
"""The key of the root directory, whose record also holds what is known of ordinary files."""


class File(Record):
    """One entry of the tree, or a whole data folder, described by ``owners`` and ``modes``."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {
            *("text", "edited", "unedited", "copy_of", "entries", "ordinary", "subfolders"),
            *("leads_to", "target_package", "target_exists", "choices"),
        }
    )
    type: str
    """``file``, ``directory``, ``link``, ``fifo``, ``socket``, ``character device``..."""
    owner: str = "root"
    group: str = "root"
    mode: str = ""
    """Octal, as ``0644``; empty for a link."""
    package: str = ""
    """Which one owns it, or has it in ucf's registry; empty: none.

    A directory may have more, as ``kea-admin,kea-common``; ``several`` are more than four."""
    capabilities: str = ""
    """As ``cap_net_raw=ep``."""
    acl: str = ""
    """The entries beyond owner, group and others, by number: ``user:1000:rw-``."""
    target: str = ""
    """The target of a link, as written in it."""
    sha256: str = ""
    """Of the content, in the folders that an administrator edits."""
    size: int | None = None
    """In bytes, of a file there that is too large to be read."""
    owners: tuple[str, ...] = ()
    """``user:group`` of all that is in a folder of data and belongs to no package."""
    modes: tuple[str, ...] = ()
    """Types and modes of it: ``file 0600``."""
    entries: int | None = None
    """How many there are in a folder of data; None: its entries are facts themselves."""
    subfolders: Mapping[str, tuple[int, int]] = Field(default={}, repr=False)
    """How many files are below each direct subfolder of such a folder, and their bytes.

    ``.`` are the files directly in it. Files of packages and directories don't count."""
    unread: str = ""
    """Of the root: where the walk stopped, since it took too long."""
    edited: bool = False
    """Whether the content of a file of ucf's is another one than the package brought."""
    unedited: bool = False
    """Whether it is a file of ucf's with the content that the package brought."""
    copy_of: str = ""
    """The package that has a file with the same content, from which this one was copied."""
    leads_to: str = ""
    """The absolute path of it; a link there is not followed."""
    target_package: str = ""
    """Which package owns that path."""
    target_exists: bool = False
    choices: tuple[str, ...] = ()
    """What an alternative could point to; the first is ``manual`` where an administrator chose."""
    text: str = ""
    """The content of a small text file that all may read, masked; see ``text_diff``."""
    ordinary: tuple[str, ...] = Field(default=(), repr=False)
    """Of the root: the programs and units that packages own and that are no records."""

    @property
    def chosen_automatically(self) -> bool:
        """Return whether it is an alternative in automatic mode."""
        return bool(self.choices) and self.choices[0] != "manual"

    @property
    def bits(self) -> int:
        """Return the mode as a number."""
        return int(self.mode, 8) if self.mode else 0

    @property
    def privileged(self) -> bool:
        """Return whether a program runs with more rights than who starts it."""
        return self.type == "file" and bool(self.bits & 0o6000 or self.capabilities)

    @property
    def world_writable(self) -> bool:
        """Return whether every user may change it; a sticky directory is none of these."""
        open_to_all = self.type != "link" and bool(self.bits & 0o002)
        return open_to_all and not (self.type == "directory" and self.bits & 0o1000)


def text_change(path: str, before: Facts, after: Facts) -> str:
    """Return the unified diff of a text file between two states, empty where it was not stored."""
    was, now = (facts.sections.get("files", {}).get(path) for facts in (before, after))
    return unified(was.text, now.text) if isinstance(was, File) and isinstance(now, File) else ""


def content_reason(old: File, new: File) -> str:
    """Return why another content loses nothing of an administrator's, or ""."""
    if only_comments_differ(old.text, new.text):
        return "has other comments, and every other line as before"
    if old.unedited and new.unedited:
        return "is as ucf installed it, before and after: no one edited it"
    return ""


def ordinary_change(path: str, before: Facts, after: Facts) -> str:
    """Return that a file which is no record in one of two states was there as an ordinary one."""
    was, now = (_is_ordinary(path, facts) for facts in (before, after))
    if was == now:
        return ""
    when = "it is an ordinary file of its package now" if now else "it was an ordinary file before"
    return f"{when}: root:root, and every user may read it"


def _is_ordinary(path: str, facts: Facts) -> bool:
    root = facts.sections.get("files", {}).get(ROOT)
    return isinstance(root, File) and path in root.ordinary
