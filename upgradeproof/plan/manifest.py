"""Manifests in the format of mtree(5): owners, modes and links that a checkout can't store."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from upgradeproof.errors import PlanError
from upgradeproof.plan.loading import nearest, some_of

EntryKind = Literal["file", "dir", "link"]
OWNER_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*|[0-9]+"
"""The name of a user or a group, or its number."""

_IGNORED = frozenset({
    "cksum", "contents", "flags", "ino", "inode", "md5", "md5digest", "nlink", "nochange",
    "optional", "resdevice", "ripemd160digest", "rmd160", "rmd160digest", "sha1", "sha1digest",
    "sha256", "sha256digest", "sha384", "sha384digest", "sha512", "sha512digest", "size", "time",
})  # fmt: skip
"""Keywords of mtree(5) about content and file systems: the tree itself has the content."""
_READ = ("gid", "gname", "link", "mode", "type", "uid", "uname")
_ESCAPE = re.compile(rb"\\([0-7]{3}|[sntr#\\])")
_LETTERS = {b"s": b" ", b"n": b"\n", b"t": b"\t", b"r": b"\r", b"#": b"#", b"\\": b"\\"}


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The entry of a manifest for one file, folder or symbolic link; empty: none."""

    line: int
    kind: EntryKind | None = None
    mode: int | None = None
    user: str = ""
    group: str = ""
    target: str = ""


def read_manifest(path: Path) -> Mapping[str, Listed]:
    """Return the entries of a manifest, by path below the tree's folder; the folder is ``.``.

    Reads full paths, one in a line, as ``mtree -C`` and ``bsdtar --format=mtree`` write them.
    Raises PlanError with every line that is wrong.
    """
    try:
        found = path.stat()
        return _read(path, (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
    except OSError as error:
        raise PlanError(f"{path} can't be read: {error.strerror}") from None


@lru_cache(maxsize=16)
def _read(path: Path, stamp: tuple[int, ...]) -> Mapping[str, Listed]:  # noqa: ARG001  # a changed file is read again
    text = path.read_bytes()
    reader = _Reader()
    problems = []
    for number, line in enumerate(text.split(b"\n"), start=1):
        try:
            reader.read(number, line.split())
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
    if problems:
        raise PlanError(
            f"{path} is not a valid manifest",
            details=some_of(problems),
            resolution="write one path in a line, as in `./etc/motd type=file mode=0644 "
            "uname=root gname=root`",
        )
    return reader.found


class _Reader:
    """Read line after line, each with the defaults before it."""

    def __init__(self) -> None:
        self.found: dict[str, Listed] = {}
        self._defaults = Listed(line=0)

    def read(self, number: int, words: list[bytes]) -> None:
        """Read the words of a line. Raises ValueError when they are wrong."""
        if not words or words[0].startswith(b"#"):
            return
        if words[0] == b"/set":
            self._defaults = _with(self._defaults, words[1:])
        elif words[0] == b"/unset":
            self._defaults = _without(self._defaults, words[1:])
        else:
            name = _name(words[0])
            if name in self.found:
                raise ValueError(f"{name} is in line {self.found[name].line}, too")
            self.found[name] = replace(_with(self._defaults, words[1:]), line=number)


def _name(word: bytes) -> str:
    path = PurePosixPath(_plain(word))
    if path.is_absolute() or ".." in path.parts or (b"/" not in word and word != b"."):
        raise ValueError(f"{_plain(word)!r} is no path in the tree: write it in full, after `./`")
    return str(path)


def _plain(word: bytes) -> str:
    """Return a word without the escapes of vis(3), by which blanks and odd bytes are written."""

    def byte(found: re.Match[bytes]) -> bytes:
        escaped = found[1]
        return _LETTERS.get(escaped) or bytes([int(escaped, 8) & 0xFF])

    return os.fsdecode(_ESCAPE.sub(byte, word))


def _with(listed: Listed, words: list[bytes]) -> Listed:
    """Return an entry with the keywords of a line; uname and gname win over the numbers."""
    values: dict[str, str] = {}
    for word in words:
        key, _, value = word.partition(b"=")
        name = key.decode("ascii", "replace")
        if name in _READ:
            values[name] = _plain(value)
        elif name not in _IGNORED:
            raise ValueError(f"unknown keyword {name!r}; {nearest(name, _READ)}")
    return replace(
        listed,
        kind=_kind(values["type"]) if "type" in values else listed.kind,
        mode=_mode(values["mode"]) if "mode" in values else listed.mode,
        user=_owner(values.get("uname") or values.get("uid") or listed.user),
        group=_owner(values.get("gname") or values.get("gid") or listed.group),
        target=values.get("link", listed.target),
    )


def _without(listed: Listed, words: list[bytes]) -> Listed:
    names = {word.decode("ascii", "replace") for word in words}
    every = "all" in names
    return replace(
        listed,
        kind=None if every or "type" in names else listed.kind,
        mode=None if every or "mode" in names else listed.mode,
        user="" if every or names & {"uname", "uid"} else listed.user,
        group="" if every or names & {"gname", "gid"} else listed.group,
    )


def _kind(value: str) -> EntryKind:
    kinds: tuple[EntryKind, ...] = get_args(EntryKind)
    for kind in kinds:
        if kind == value:
            return kind
    raise ValueError(f"type={value} can't be copied; {nearest(value, kinds)}")


def _mode(value: str) -> int:
    if not re.fullmatch(r"0?[0-7]{3,4}", value):
        raise ValueError(f"mode={value} is not a mode in octal, such as 0644")
    return int(value, 8)


def _owner(value: str) -> str:
    if value and not re.fullmatch(OWNER_NAME, value):
        raise ValueError(f"{value!r} is not the name of a user or a group, or its number")
    return value
