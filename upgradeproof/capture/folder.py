"""What of a captured server is written into the product's folder, file by file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from upgradeproof.capture import accounts
from upgradeproof.capture.keys import Placeholders
from upgradeproof.capture.reader import Captured
from upgradeproof.capture.sources import Sources, keep_reachable_script, sorted_sources
from upgradeproof.capture.stream import Entry
from upgradeproof.captured import described
from upgradeproof.probes.files import name

_FOLDER = Path(__file__).parent
_PLAIN = frozenset(range(0x21, 0x7F)) - frozenset(b"\\#")
"""Bytes that a manifest holds as they are."""
_APT = ("/etc/apt/", "/usr/share/keyrings/")
_SETTLE = "".join(
    (_FOLDER / name).read_text(encoding="utf-8") for name in ("own_files.pl", "settle.pl")
)


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A captured server whose keys are placeholders: what the twin is made from."""

    captured: Captured
    entries: Mapping[str, Entry]
    sources: Sources
    boots: bool
    """Whether the twin has its own kernel and boot loader."""
    unissued: tuple[str, ...]
    """Escaped paths of files with a certificate that does not match its key's placeholder."""

    @property
    def apt(self) -> Mapping[str, Entry]:
        """Return what apt must have before packages are installed; empty: nothing."""
        found = {path: e for path, e in self.entries.items() if path.startswith(_APT)}
        return found if any(e.content is not None for e in found.values()) else {}

    @property
    def files(self) -> Mapping[str, Entry]:
        """Return the files that follow the packages."""
        return {path: e for path, e in self.entries.items() if not path.startswith(_APT)}


def twin_of(captured: Captured, *, boots: bool) -> Twin:
    """Return what a twin is made from, with generated keys in place of the server's."""
    walked = captured.walked
    placeholders = Placeholders(walked.keys)
    entries = {
        path: entry
        if entry.content is None
        else replace(entry, content=placeholders.filled(entry.content, walked.mark))
        for path, entry in walked.entries.items()
    }
    sources = sorted_sources(captured.about, entries)
    preserved = {path: entry for path, entry in entries.items() if path not in sources.left_out}
    unissued = tuple(
        path
        for path, entry in sorted(preserved.items())
        if any(each in (entry.content or b"") for each in placeholders.unissued)
    )
    return Twin(
        captured=captured, entries=preserved, sources=sources, boots=boots, unissued=unissued
    )


def folder_files(twin: Twin) -> dict[str, bytes]:
    """Return the files of the product's folder except the plan and the report."""
    captured = twin.captured
    scripts = {
        "accounts.sh": accounts.accounts_script(captured),
        "packages.sh": accounts.packages_script(captured, boots=twin.boots),
        "choices.sh": accounts.choices_script(captured, boots=twin.boots),
        "services.sh": accounts.services_script(captured),
        "settle.pl": _SETTLE,
        "settle.tsv": _settle(twin),
    }
    if twin.sources.third_party:
        scripts["sources.sh"] = keep_reachable_script(twin.sources.third_party)
    files = {f"twin/{name}": text.encode() for name, text in scripts.items()}
    trees = {"files": twin.files, **({"apt": twin.apt} if twin.apt else {})}
    for tree, entries in trees.items():
        for path, entry in entries.items():
            if entry.content is not None:
                files[f"{tree}{os.fsdecode(unquote_to_bytes(path))}"] = entry.content
        files[f"{tree}.mtree"] = "".join(_manifest(entries)).encode("ascii")
    files["captured.json"] = facts_json(twin).encode()
    return files


def _manifest(entries: Mapping[str, Entry]) -> Iterator[str]:
    yield "# Owners, modes and links, in the format of mtree(5).\n/set uname=root gname=root\n"
    for path, entry in sorted(entries.items()):
        words = [f".{_vis(unquote_to_bytes(path))}"]
        if entry.type == "link" and entry.target:
            words += ["type=link", f"link={_vis(unquote_to_bytes(entry.target))}"]
        elif entry.type == "directory":
            words += ["type=dir", f"mode={entry.mode}"]
        elif entry.content is not None:
            words += ["type=file", f"mode={entry.mode}"]
        else:
            continue
        words += [f"uname={entry.owner}"] if entry.owner != "root" else []
        words += [f"gname={entry.group}"] if entry.group != "root" else []
        yield " ".join(words) + "\n"


def _vis(raw: bytes) -> str:
    """Return a path as vis(3) writes it."""
    return "".join(chr(byte) if byte in _PLAIN else f"\\{byte:03o}" for byte in raw)


def _settle(twin: Twin) -> str:
    """Return every path of the server, so that other paths can be removed in the twin."""
    lines = [
        f"{entry.type}\t{entry.mode}\t{entry.owner}\t{entry.group}\t{path}"
        for path, entry in sorted(twin.entries.items())
    ]
    lines += [f"missing\t\t\t\t{path}" for path in sorted(twin.captured.walked.missing)]
    return "\n".join([*lines, ""])


def facts_json(twin: Twin) -> str:
    """Return the facts that ``installed`` is compared with."""
    captured = twin.captured
    sections: dict[str, Any] = json.loads(captured.facts.to_json())
    sections["files"] = dict(_facts(twin))
    about = captured.about
    plain = {
        "server": about.name,
        "architecture": about.architecture,
        "os": about.os,
        "kernel": about.kernel,
        "virtualisation": about.virtual,
        "addresses": about.addresses,
        "mounts": about.mounts,
        "data_kib": about.sizes,
        "sections": sections,
    }
    return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def _facts(twin: Twin) -> Iterator[tuple[str, str]]:
    for path, entry in twin.entries.items():
        if entry.type == "state":
            continue
        content = name(entry.target) if entry.type == "link" else ""
        if entry.content is not None:
            content = hashlib.sha256(entry.content).hexdigest()
        mode = "" if entry.type == "link" else entry.mode
        kind = "file" if entry.type == "derived" else entry.type
        yield name(path), described(kind, entry.owner, entry.group, mode, content)
