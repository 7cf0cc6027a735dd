"""Parse what daemons print about their effective configuration into flat settings; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

MAXIMUM_SETTINGS = 5_000
MAXIMUM_VALUE = 300
"""Characters; longer values end in a mark, so that facts stay small."""
_TOKEN = re.compile(
    r"(?m:^[ \t]*(?P<name>[\w.!-]+) = (?P<value>[^\n]*)$)"
    r'|"(?:[^"\\]|\\.)*"|[{};\n]|#[^\n]*|[^\s{};"]+|"'
)

Row = tuple[str, str, str]
"""A setting's name, its value, and its source if the daemon prints it."""


def settings(text: str, format_name: str) -> dict[str, tuple[str, str]]:
    """Return value and source by the setting's name; repeated names are ``name[1]``, ``name[2]``.

    Lines of another shape are left out.
    """
    found: dict[str, tuple[str, str]] = {}
    repeated: dict[str, int] = {}
    for name, value, source in _FORMATS[format_name](text):
        if len(found) >= MAXIMUM_SETTINGS:
            break
        key = name
        if name in found:
            repeated[name] = repeated.get(name, 0) + 1
            key = f"{name}[{repeated[name]}]"
        short = value if len(value) <= MAXIMUM_VALUE else f"{value[:MAXIMUM_VALUE]}..."
        found[key] = (short, source)
    return found


def _pairs(separator: str) -> Callable[[str], Iterator[Row]]:
    def parse(text: str) -> Iterator[Row]:
        for line in text.split("\n"):
            name, found, value = line.strip().partition(separator)
            if name.strip() and (found or separator == " "):
                yield name.strip(), value.strip(), ""

    return parse


def _tabs(text: str) -> Iterator[Row]:
    for line in text.split("\n"):
        name, *rest = line.split("\t")
        if name and rest:
            yield name, rest[0], rest[1] if rest[1:] else ""


def _braces(text: str) -> Iterator[Row]:
    """Yield the statements of nested blocks, named by the headers of their blocks.

    A statement ends at ``;``, or is a whole line ``name = value``.
    """
    blocks: list[str] = []
    words: list[str] = []
    for match in _TOKEN.finditer(text):
        part = match[0]
        if match["name"]:
            yield "/".join([*blocks, match["name"]]), match["value"].strip(), ""
        elif part == "{":
            blocks.append(" ".join(words))
        elif part in {";", "}"}:
            if words:
                yield "/".join([*blocks, words[0]]), " ".join(words[1:]), ""
            del blocks[len(blocks) - (part == "}") :]
        elif part == "\n" or part.startswith("#"):
            continue
        else:
            words.append(part)
            continue
        words = []


_FORMATS: dict[str, Callable[[str], Iterator[Row]]] = {
    "space": _pairs(" "),
    "equals": _pairs("="),
    "colon": _pairs(":"),
    "tabs": _tabs,
    "braces": _braces,
}
