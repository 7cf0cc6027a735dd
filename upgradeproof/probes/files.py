"""Read the file tree: what no package owns, and what is notable of what packages own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote_to_bytes

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.file_records import ROOT, File, ordinary_change, text_change
from upgradeproof.probes.files_explain import explain
from upgradeproof.probes.files_walk import SCRIPT
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, decoded, number, rows
from upgradeproof.probes.text_diff import packed
from upgradeproof.probes.xattr import access_list, capabilities

_CELLS = 13
"""Of a line ``file``, after the path."""


class Files(Probe[File]):
    """Walk the tree but for volatile places; the key is the path."""

    section = "files"
    cost_ms = 420
    record: ClassVar[type[Record]] = File

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script: one process that reads each directory once."""
        return SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, File]:
        """Return the entries by path. Lines that are cut or of no known shape are left out."""
        found: dict[str, dict[str, Any]] = {}
        more: dict[str, dict[str, Any]] = {}
        ordinary: list[str] = []
        stopped = ""
        for cells in rows(output, " "):
            match cells:
                case ["file", path, *rest] if len(rest) == _CELLS:
                    found[name(path)] = _entry(rest)
                case ["have", path]:
                    ordinary.append(name(path))
                case ["stopped", path]:
                    stopped = name(path)
                case [word, path, *rest] if word in _MORE:
                    more.setdefault(name(path), {}).update(_MORE[word](rest))
        if ROOT in found:
            found[ROOT] |= {"ordinary": tuple(sorted(ordinary)), "unread": stopped}
        return {
            path: File.model_validate(facts | _seen(more.get(path, {}), more))
            for path, facts in found.items()
        }

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return which package's change brings a line, or "": see ``files_explain``."""
        return explain(line, before, after)

    @classmethod
    def detail(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return the unified diff of a file whose content changed, or what no record shows."""
        if line.before is None or line.after is None:
            return ordinary_change(line.path.removeprefix(f"{cls.section}/"), before, after)
        path, _, field = line.path.removeprefix(f"{cls.section}/").rpartition("/")
        return text_change(path, before, after) if field == "sha256" else ""


def name(escaped: str) -> str:
    """Return a path as it can be printed: other bytes than UTF-8, and controls, in hexadecimal."""
    if "%" not in escaped and escaped.isascii() and escaped.isprintable():
        return escaped  # nearly all: the decoding of the others costs ten times as much
    text = unquote_to_bytes(escaped).decode("utf-8", "backslashreplace")
    return clean(re.sub("[\x00-\x1f\x7f-\x9f]", lambda found: f"\\x{ord(found[0]):02x}", text))


def _entry(cells: list[str]) -> dict[str, Any]:
    values = [name(cell) for cell in cells]
    kind, owner, group, mode, package, caps, acl, target, *values = values
    leads_to, target_package, exists, size, choices = values
    link = kind == "link"
    return {
        "type": kind,
        "owner": owner,
        "group": group,
        "mode": mode if not link and re.fullmatch("[0-7]{1,5}", mode) else "",
        "package": package,
        "capabilities": capabilities(caps),
        "acl": access_list(acl),
        "target": target,
        "leads_to": leads_to,
        "target_package": target_package,
        "target_exists": exists == "1",
        "size": number(size),
        "choices": tuple(choice for choice in choices.split("\\x0a") if choice),
    }


def _fold(cells: list[str]) -> dict[str, Any]:
    count, owners, modes = [*cells, "", "", ""][:3]
    return {
        "entries": number(count) or 0,
        "owners": tuple(owner for owner in name(owners).split(",") if owner),
        "modes": tuple(mode for mode in name(modes).split(",") if mode),
    }


def _parts(cells: list[str]) -> dict[str, Any]:
    parts = zip(cells[::3], cells[1::3], cells[2::3], strict=False)
    return {
        "subfolders": {
            name(part): (number(files) or 0, number(size) or 0) for part, files, size in parts
        }
    }


_MORE: Mapping[str, Callable[[list[str]], dict[str, Any]]] = {
    "fold": _fold,
    "parts": _parts,
    "sum": lambda cells: {"sha256": clean(cells[0])} if cells else {},
    "ucf": lambda cells: {"now": cells[0]} if cells else {},
    "brought": lambda cells: {"brought": cells[0]} if cells else {},
    "model": lambda cells: {"model": name(cells[0]), "of": name(cells[1])} if cells[1:] else {},
    "text": lambda cells: {"text": packed(decoded(cells[0]))} if cells else {},
}


def _seen(own: dict[str, Any], more: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the fields about a file's content, from the checksums of several files."""
    now, brought = own.get("now"), own.get("brought")
    model = more.get(own.get("model", ""), {}).get("sha256")
    fields = {key: own[key] for key in File.model_fields if key in own}
    return fields | {
        "edited": bool(now and brought and now != brought),
        "unedited": bool(now and now == brought),
        "copy_of": own.get("of", "") if model and model == own.get("sha256") else "",
    }
