"""Copy a tree to a machine: an archive, and the script that unpacks it there."""

from __future__ import annotations

import io
import os
import shlex
import tarfile
import time
from collections.abc import Iterable
from pathlib import Path
from posixpath import join

from upgradeproof.errors import PlanError
from upgradeproof.plan.steps import Script, UploadTree
from upgradeproof.plan.tree import Entry

_TYPES = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}
_UNPACK = "tar --extract --file=- --same-permissions --same-owner --keep-directory-symlink --touch"


def unpacking(action: UploadTree) -> tuple[Script, bytes]:
    """Return the script that writes a tree on a machine, and what it reads from standard input.

    A user or a group that the machine does not have ends it before anything is written: tar would
    take another one without a message. Raises PlanError when the tree can't be read.
    """
    entries = action.tree.entries()
    first = _packed(action.tree.source, entries)
    folders = [entry for entry in entries if entry.listed and entry.kind == "dir"]
    then = _packed(action.tree.source, folders) if folders else b""
    path, top = shlex.quote(action.tree.path), entries[0]
    owner = shlex.quote(f"{top.user}:{top.group}")
    lines = [
        "set -e",
        *_owners("passwd", "user", (entry.user for entry in entries)),
        *_owners("group", "group", (entry.group for entry in entries)),
        f"if [ ! -d {path} ]; then",
        f"mkdir -p {path}; chown {owner} {path}; chmod {top.mode:04o} {path}",
        "fi",
        f"cd {path}",
        # What is there already keeps its mode and owner, unless the manifest names it.
        f"head -c {len(first)} | {_UNPACK} --no-overwrite-dir",
    ]
    if then:
        lines.append(_UNPACK)
    script = Script(title=action.title, script="\n".join(lines), timeout_s=action.timeout_s)
    return script, first + then


def _owners(database: str, what: str, names: Iterable[str]) -> list[str]:
    wanted = sorted({name for name in names if not name.isdigit()} - {"root"})
    return [
        f"getent {database} {shlex.quote(name)} >/dev/null ||"
        f" {{ echo {shlex.quote(f'the machine has no {what} {name}')} >&2; exit 1; }}"
        for name in wanted
    ]


def _packed(source: Path, entries: Iterable[Entry]) -> bytes:
    buffer = io.BytesIO()
    now = int(time.time())
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for entry in entries:
            item = tarfile.TarInfo("." if entry.name == "." else f"./{entry.name}")
            item.type = _TYPES[entry.kind]
            item.mode, item.mtime, item.linkname = entry.mode, now, entry.target
            item.uid, item.uname = _owner(entry.user)
            item.gid, item.gname = _owner(entry.group)
            content = _read(join(source, entry.name)) if entry.kind == "file" else b""
            item.size = len(content)
            tar.addfile(item, io.BytesIO(content))
    return buffer.getvalue()


def _owner(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() else (0, name)


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise PlanError(f"{path}, which a copy step names, can't be read: {reason}") from None
