"""Trees: folders of a product that are copied to a machine, with modes, owners and links."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from posixpath import dirname, join, normpath

from upgradeproof.errors import PlanError
from upgradeproof.plan.loading import some_of
from upgradeproof.plan.manifest import EntryKind, Listed, read_manifest

PERMISSIONS = 0o755
"""The permissions that are taken from a checkout; the others depend on its umask."""
_KINDS: Mapping[int, EntryKind] = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "link"}
_OTHERS = {
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file, folder or symbolic link, as it is to be on the machine."""

    name: str
    """Its path below the folder that is copied; ``.`` is that folder itself."""
    kind: EntryKind
    mode: int
    user: str
    group: str
    target: str = ""
    """Where a symbolic link leads."""
    listed: bool = False
    """Whether the manifest names it. A folder that it does not name, and that is there already,
    keeps the mode and the owner that it has on the machine."""
    stamp: tuple[int, ...] = field(default=(), compare=False)
    """What of a file changes with its content: where and how large it is, and since when."""


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A folder of a product, and what is made of its owners and modes on the machine."""

    source: Path
    path: str
    """Where it goes."""
    mode: int | None = None
    """Of each file; a folder also has the right to enter where it has the right to read. None: as
    in the source, but for what others may write."""
    user: str = "root"
    group: str = "root"
    manifest: Path | None = None

    def entries(self) -> tuple[Entry, ...]:
        """Return what the machine gets, folders first, ordered by name.

        Reads the tree again at each call: the answer is that of now. Raises PlanError with all that
        can't be copied.
        """
        listed = read_manifest(self.manifest) if self.manifest else {}
        found: dict[str, Entry] = {}
        problems: list[str] = []
        there = set()
        for name, item in self._walk(problems):
            there.add(name)
            try:
                found[name] = self._entry(name, item, listed.get(name))
            except (OSError, ValueError) as error:
                problems.append(f"{name}: {_words(error)}")
        for name, line in listed.items():
            try:
                if name not in there:
                    found[name] = self._only_listed(name, line)
            except ValueError as error:
                problems.append(f"{self.manifest}:{line.line}: {name}: {error}")
        if problems:
            raise PlanError(
                f"the folder {self.source} can't be copied",
                details=some_of(sorted(set(problems))),
                resolution="remove what can't be copied, or copy a folder without it",
            )
        return tuple(found[name] for name in sorted(found, key=_order))

    def digest(self) -> str:
        """Return a hash of all that the machine gets: names, kinds, modes, owners and content."""
        digest, source = hashlib.sha256(), str(self.source)
        for entry in self.entries():
            content = _hashed(join(source, entry.name), entry.stamp) if entry.stamp else ""
            fields = (entry.name, entry.kind, entry.mode, entry.user, entry.group, entry.target)
            digest.update(f"{fields!r} {entry.listed} {content}\n".encode())
        return digest.hexdigest()

    def holds(self, path: str) -> bool:
        """Return whether a path of the machine is one that the tree writes."""
        below = path.removeprefix(f"{self.path.rstrip('/')}/")
        if path in (below, self.path):
            return False
        if os.path.lexists(self.source / below):
            return True
        return self.manifest is not None and below in read_manifest(self.manifest)

    def _walk(self, problems: list[str]) -> Iterator[tuple[str, Path | os.DirEntry[str]]]:
        """Yield the folder and all that is in it, by name; what can't be listed is a problem."""
        yield ".", self.source
        waiting = [""]
        while waiting:
            below = waiting.pop()
            try:
                with os.scandir(self.source / below) as found:
                    items = list(found)
            except OSError as error:
                problems.append(f"{below or '.'}: {_words(error)}")
                continue
            for item in items:
                name = join(below, item.name)
                yield name, item
                if item.is_dir(follow_symlinks=False):
                    waiting.append(name)

    def _entry(self, name: str, item: Path | os.DirEntry[str], listed: Listed | None) -> Entry:
        """Return what an item of the tree becomes. Raises ValueError for what can't be copied."""
        found = item.stat(follow_symlinks=name == ".")
        mode = found.st_mode
        kind = _KINDS.get(stat.S_IFMT(mode))
        if kind is None:
            raise ValueError(f"{_OTHERS.get(stat.S_IFMT(mode), 'no file')} can't be copied")
        if listed and listed.kind not in (None, kind):
            raise ValueError(f"is type={kind}, and type={listed.kind} in the manifest")
        target = str(Path(item).readlink()) if kind == "link" else ""
        if listed and listed.target and listed.target != target:
            raise ValueError(f"leads to {target!r}, and to {listed.target!r} in the manifest")
        if target and not listed:
            self._stays(name, target)
        if kind == "file" and not os.access(item, os.R_OK, effective_ids=True):
            raise ValueError("can't be read: permission denied")
        entry = self._made(name, kind, stat.S_IMODE(mode) & PERMISSIONS, target, listed)
        if kind != "file":
            return entry
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        return replace(entry, stamp=stamp)

    def _only_listed(self, name: str, listed: Listed) -> Entry:
        """Return what the manifest alone has: a folder that may be empty, or a link."""
        if listed.kind == "link" and not listed.target:
            raise ValueError("type=link needs link=, where it leads")
        if listed.kind not in ("dir", "link"):
            raise ValueError(f"there is no such file below {self.source}")
        return self._made(name, listed.kind, PERMISSIONS, listed.target, listed)

    def _made(
        self, name: str, kind: EntryKind, mode: int, target: str, listed: Listed | None
    ) -> Entry:
        if self.mode is not None:
            entered = (self.mode & 0o444) >> 2 if kind == "dir" else 0
            mode = self.mode | entered
        return Entry(
            name=name,
            kind=kind,
            mode=0o777 if kind == "link" else _given(listed.mode if listed else None, mode),
            user=(listed and listed.user) or self.user,
            group=(listed and listed.group) or self.group,
            target=target,
            listed=listed is not None,
        )

    def _stays(self, name: str, target: str) -> None:
        """Raise ValueError for a link that leads out of the tree, as it is on the machine."""
        at = normpath(join(self.path, dirname(name), target))
        inside = normpath(self.path)
        if at != inside and not at.startswith(f"{inside.rstrip('/')}/"):
            raise ValueError(
                f"a link to {target!r}, which leaves {self.path}: "
                "to allow it, name it in a manifest"
            )


@lru_cache(maxsize=2**17)
def _hashed(path: str, stamp: tuple[int, ...]) -> str:  # noqa: ARG001  # a changed file is read again
    """Return the hash of a file; ``stamp`` is what changes with its content. Raises PlanError."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PlanError(f"{path} {_words(error)}") from None


def _order(name: str) -> tuple[bool, bytes]:
    return name != ".", os.fsencode(name)


def _given(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def _words(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return f"can't be read: {(error.strerror or '').lower()}"
    return str(error)
