"""Add tables to an `upgrade.toml`, and leave every other line of it as it is.

A new block is added as text, after the last one of its kind: a library that writes the whole
document again moves comments, and tables that are out of order. Only where the plan writes its
changes inline does the library change the document. Either way the result is compared with what was
meant.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from upgradeproof.errors import PlanError
from upgradeproof.plan.loading import common_prefix
from upgradeproof.plan.positions import header_lines
from upgradeproof.renamed_keys import renamed

MAX_WIDTH = 100
"""Of a line with all globs; longer lists have a line for each glob."""


OVERRIDE = "override"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A list of tables in a plan, such as its expected changes."""

    upgrade: int | None = None
    """The upgrade that it belongs to, by its number in the file; None: all of them."""
    select: tuple[str, ...] = ()
    """Instead of an upgrade: the override that it belongs to, by the cells that this selects."""
    key: str = "expect.change"
    """Or ``allowed_changes``, of an upgrade or an override."""

    @property
    def header(self) -> str:
        """Return the header of the tables of this list."""
        return f"[[{self.table}]]"

    @property
    def parent(self) -> str:
        """Return the name of the tables that the list is in; "": it is in the file itself."""
        if self.select:
            return OVERRIDE
        return "" if self.upgrade is None else "upgrade"

    @property
    def table(self) -> str:
        """Return the name of the tables of this list."""
        return f"{self.parent}.{self.key}" if self.parent else self.key

    def number_in(self, plan: Mapping[str, Any]) -> int | None:
        """Return which of the tables it is in, from 0; None: there is no such override."""
        if not self.select:
            return self.upgrade
        selects = [tuple(each.get("select", ())) for each in plan.get(OVERRIDE, ())]
        return selects.index(self.select) if self.select in selects else None


def block(header: str, facts: Sequence[str], reason: str, kind: str = "") -> str:
    """Return the TOML of one expected change; ``kind`` is left out where it is empty."""
    excuses = f"kind = {quote(kind)}\n" if kind else ""
    return f"{header}\nfacts = {_array(facts)}\n{excuses}reason = {quote(reason)}\n"


def _array(texts: Sequence[str]) -> str:
    """Return an array of TOML, on one line where it fits."""
    quoted = [quote(text) for text in texts]
    line = f"[{', '.join(quoted)}]"
    if len(line) > MAX_WIDTH - len("select = "):
        return "\n".join(["[", *(f"  {text}," for text in quoted), "]"])
    return line


def quote(text: str) -> str:
    """Return a TOML string on one line."""
    return tomlkit.string(text).as_string()


def add_change(text: str, place: Place, facts: Sequence[str], reason: str, kind: str = "") -> str:
    """Return the text of a plan with one more expected change; an override is made if needed.

    Raises PlanError where the text is not TOML, or its layout does not allow the change.
    """
    if place.select and place.number_in(_parsed(text)) is None:
        new = f"[[{OVERRIDE}]]\nselect = {_array(place.select)}\n"
        text = add_table(text, Place(key=OVERRIDE), new)
    return add_table(text, place, block(place.header, facts, reason, kind))


def add_table(text: str, place: Place, new: str) -> str:
    """Return the text of a plan with one more table of a list; ``new``: its lines, with its header.

    Raises PlanError where the text is not TOML, or its layout has no place for the table.
    """
    _refuse_old_name(text, place)
    item = _item(new, place)
    wanted = _wanted(text, place, item)
    edits: tuple[Callable[[], str], ...] = (
        lambda: _inserted(text, place, new),
        lambda: _appended(text, place, item),
    )
    for edit in edits:
        try:
            edited = edit()
            if tomllib.loads(edited) == wanted and _keeps(text, edited):
                return edited
        except (TOMLKitError, tomllib.TOMLDecodeError, LookupError, TypeError, ValueError):
            continue
    raise PlanError(
        f"{place.header} can't be added without touching other lines of the plan",
        details=new.rstrip(),
        resolution="write it into the plan yourself",
    )


def add_keys(text: str, place: Place, number: int, keys: Mapping[str, str]) -> str:
    """Return the text of a plan with more keys in the table of a list that has this number.

    Raises PlanError where the text is not TOML, or the table is not written as one of its own.
    """
    wanted = _parsed(text)
    _list(wanted, place)[number].update(keys)
    headers = header_lines(text)
    starts = [at for at, (_, name) in enumerate(headers) if name == place.table]
    if len(starts) > number:
        end = "\r\n" if "\r\n" in text else "\n"
        lines = text.split(end)
        at, next_at = headers[starts[number]][0] + 1, len(lines)
        if len(headers) > starts[number] + 1:
            next_at = headers[starts[number] + 1][0]
        at = max((i + 1 for i in range(at, next_at) if not _is_aside(lines[i])), default=at)
        new = [f"{key} = {quote(value)}" for key, value in keys.items()]
        edited = end.join([*lines[:at], *new, *lines[at:]])
        if tomllib.loads(edited) == wanted:
            return edited
    raise PlanError(
        f"{', '.join(keys)} can't be added to {place.header}, which has no lines of its own",
        resolution="write it into the plan yourself",
    )


def _refuse_old_name(text: str, place: Place) -> None:
    """Raise PlanError where the text has the list of a place by its old name."""
    for rename in renamed(_parsed(text), "plan")[1]:
        if rename.new == place.key:
            raise PlanError(
                f"the plan has {str(rename)!r}, which is now called {rename.new!r}, and nothing was"
                " written",
                resolution="run `upgradeproof migrate-plan` with the plan first",
            )


def _item(new: str, place: Place) -> Mapping[str, Any]:
    """Return what the lines of one table hold."""
    node: Any = tomllib.loads(new)
    for name in place.table.split("."):
        node = node[-1][name] if isinstance(node, list) else node[name]
    found: Mapping[str, Any] = node[-1]
    return found


def _wanted(text: str, place: Place, item: Mapping[str, Any]) -> dict[str, Any]:
    data = _parsed(text)
    _list(data, place).append(item)
    return data


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"the plan is not TOML: {error}") from None


def _node(data: Mapping[str, Any], place: Place) -> Any:
    """Return the table that the list of a place is in."""
    return data[place.parent][place.number_in(data)] if place.parent else data


def _list(data: Mapping[str, Any], place: Place) -> list[Any]:
    """Return the list of a place, made where it is not there."""
    node: Any = _node(data, place)
    *parents, name = place.key.split(".")
    for parent in parents:
        node = node.setdefault(parent, {})
    found: list[Any] = node.setdefault(name, [])
    return found


def _keeps(text: str, edited: str) -> bool:
    """Return whether an edited text is the text with one insertion, apart from spaces."""
    old, new = ("".join(each.split(" ")) for each in (text, edited))
    before = len(common_prefix([old, new]))
    behind = len(common_prefix([old[::-1], new[::-1]]))
    return before + behind >= len(old)


def _inserted(text: str, place: Place, new_block: str) -> str:
    """Return the text with a block of lines more."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.removesuffix(end).split(end)
    number = place.number_in(tomllib.loads(text))
    at = _line_behind(lines, header_lines(text), place, number)
    new = new_block.splitlines()
    before = [""] if at and lines[at - 1].strip() else []
    after = [""] if at < len(lines) and lines[at].strip() else []
    return end.join([*lines[:at], *before, *new, *after, *lines[at:]]) + end


def _line_behind(
    lines: Sequence[str], headers: Sequence[tuple[int, str]], place: Place, number: int | None
) -> int:
    """Return the line before which a block of a place goes.

    That is behind the last table of the same name; else behind the last table of the same parent;
    else, for changes of all upgrades, at the end of the file.
    """
    first, last = 0, len(headers)
    names = [place.table, place.table.rpartition(".")[0]]
    if number is not None:
        starts = [at for at, (_, name) in enumerate(headers) if name == place.parent]
        first = starts[number]
        last = next((start for start in starts if start > first), last)
        names.append(place.parent)
    for name in names:
        for at in range(last - 1, first - 1, -1):
            if headers[at][1] == name or headers[at][1].startswith(f"{name}."):
                end = headers[at + 1][0] if at + 1 < len(headers) else len(lines)
                return _end_of_table(lines, headers[at][0], end)
    return _end_of_table(lines, 0, len(lines))


def _end_of_table(lines: Sequence[str], start: int, end: int) -> int:
    """Return the line after a table: comments after a blank line belong to what follows."""
    at = end
    while at > start + 1 and _is_aside(lines[at - 1]):
        at -= 1
    behind = at
    while behind < end and lines[behind].lstrip().startswith("#"):
        behind += 1
    closed = behind == len(lines) or (behind < end and not lines[behind].strip())
    return behind if closed else at


def _is_aside(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _appended(text: str, place: Place, item: Mapping[str, Any]) -> str:
    """Return the document with one item more in a list that is written inline."""
    document = tomlkit.parse(text)
    node: Any = _node(document, place)
    *parents, name = place.key.split(".")
    for parent in parents:
        if parent not in node:
            node[parent] = tomlkit.inline_table()
        node = node[parent]
    inline = tomlkit.inline_table()
    inline.update(item)
    _append(node, name, inline)
    return tomlkit.dumps(document)


def _append(node: MutableMapping[str, Any], name: str, item: Any) -> None:
    if name not in node:
        node[name] = tomlkit.array()
    found = node[name]
    lines = found.as_string() if hasattr(found, "as_string") else ""
    if indent := re.search(r"\n([ \t]+)\S", lines):
        found.add_line(item, indent=indent[1])
    else:
        found.append(item)
