"""Find the line of a key in TOML: tomllib has no positions."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*\[\[?([^\[\]]+)\]\]?\s*(#.*)?")
_LONG_STRING = re.compile(r'"{3}.*?"{3}|\'{3}.*?\'{3}', re.DOTALL)


def find_line(text: str, location: Sequence[int | str]) -> int:
    """Return the line (from 1) of a key: tomllib has no positions.

    Walks the location: a table header ``[name]`` or the n-th ``[[name]]`` narrows the search to its
    table, a key to its line. Where the key itself is not found, the line of its nearest parent is
    returned.
    """
    lines = _LONG_STRING.sub(lambda found: "\n" * found[0].count("\n"), text).splitlines()
    at, end, path = 0, len(lines), ""
    for place, part in enumerate(location):
        if isinstance(part, int):
            continue
        inside = bool(path)
        path = f"{path}.{part}" if path else part
        following = location[place + 1 : place + 2]
        index = following[0] if following and isinstance(following[0], int) else 0
        headers = [i for i in range(at, end) if _table(lines[i]) == path]
        below = f"{path}.{following[0]}" if following else path
        if below != path and any(_table(lines[i]) == below for i in range(at, end)):
            continue  # a table may be before the one that it is in
        if len(headers) > index:
            at = headers[index]
            end = next((i for i in range(at + 1, end) if not _belongs(lines[i], path)), end)
            continue
        body = next((i for i in range(at + inside, end) if _table(lines[i])), end)
        found = _key_line(lines, range(at, body), part)
        at = at if found is None else _inline_item(lines, range(found, body), index)
    return at + 1


def header_lines(text: str) -> list[tuple[int, str]]:
    """Return the line (from 0) and the name of each table, in the order of the file."""
    lines = _LONG_STRING.sub(lambda found: "\n" * found[0].count("\n"), text).split("\n")
    return [(at, name) for at, line in enumerate(lines) if (name := _table(line))]


def _table(line: str) -> str:
    """Return the name of the table that a header begins; empty for any other line."""
    header = _HEADER.fullmatch(line)
    return re.sub(r"[\s\"']", "", header[1]) if header else ""


def _belongs(line: str, table: str) -> bool:
    """Return whether a line is still part of a table, or of a table in it."""
    return not _table(line) or _table(line).startswith(f"{table}.")


def _key_line(lines: Sequence[str], where: range, key: str) -> int | None:
    pattern = re.compile(rf"(^|[{{,\s\"'])[\"']?{re.escape(key)}[\"']?\s*[=.]")
    return next((i for i in where if pattern.search(lines[i].split("#")[0])), None)


def _inline_item(lines: Sequence[str], where: range, index: int) -> int:
    """Return the line of an array's n-th inline table, where each has a line of its own."""
    if "{" in lines[where.start].partition("=")[2]:
        return where.start
    items = [i for i in where if lines[i].lstrip().startswith("{")]
    return items[index] if len(items) > index else where.start
