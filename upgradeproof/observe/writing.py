"""Write a plan from a draft: TOML in the order of the reference, with comments on the sources."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tomlkit
from pydantic import ValidationError

from upgradeproof.errors import HarnessError
from upgradeproof.plan import Plan

WIDTH = 100
"""Of a comment."""
_NO_LITERAL = re.compile(r"'''|'\Z|[^\n\t\x20-\x7e\x80-\U0010ffff]")
"""What a literal string of TOML can't contain."""


@dataclass(frozen=True, kw_only=True)
class Noted:
    """A value with a comment on its line: where it comes from."""

    value: Any
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One table of the plan: its keys, and above it a comment that states where they come from.

    A value is what TOML has, a ``Noted``, a tuple of either, or a mapping, which becomes a table of
    its own. An empty text, tuple or mapping is left out.
    """

    keys: Mapping[str, Any]
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A plan before it is text."""

    name: str
    title: str
    keys: Mapping[str, Any] = field(default_factory=dict)
    """Further keys at the top of the plan."""
    notes: Sequence[str] = ()
    """Paragraphs of the comment at the top."""
    releases: Sequence[Entry]
    """Keys of ``[[release]]``; ``packages`` is a mapping of globs, each of which may be noted."""
    install: Sequence[Entry]
    upgrade: Entry
    """Keys of ``[[upgrade]]`` without its steps."""
    steps: Sequence[Entry]
    services: Sequence[Noted] = ()
    expect: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    """By their key: ``port``, ``config``, ``endpoint``, ``data``, ``command``, ``change``..."""
    left_out: Sequence[str] = ()
    """What was observed and is not in the plan, and why: a comment at the end, a line each."""
    left_out_heading: str = ""


def plan_text(draft: Draft) -> str:
    """Return the text of an ``upgrade.toml``, which is a valid plan.

    Raises HarnessError if the plan would not be valid.
    """
    blocks = list(_blocks(draft))
    text = "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"
    try:
        Plan.model_validate(tomllib.loads(text))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise HarnessError(
            f"what was observed of {draft.name} does not give a valid plan",
            details=f"{error}\n{text}",
        ) from None
    return text


def _blocks(draft: Draft) -> Iterator[list[str]]:
    yield [
        *(line for note in draft.notes for line in _comment(note)),
        *_pairs({"name": draft.name, "title": draft.title, **draft.keys}),
    ]
    for release in draft.releases:
        yield list(_table("release", release, many=True))
    for step in draft.install:
        yield list(_table("install", step, many=True))
    yield list(_table("upgrade", draft.upgrade, many=True))
    for step in draft.steps:
        yield list(_table("upgrade.steps", step, many=True))
    if draft.services:
        yield ["[expect]", *_pairs({"services": tuple(draft.services)})]
    for key, entries in draft.expect.items():
        for entry in entries:
            yield list(_table(f"expect.{key}", entry, many=True))
    if draft.left_out:
        notes = (_comment(note, first="- ") for note in draft.left_out)
        heading = _comment(draft.left_out_heading)
        yield [*heading, *(line for lines in notes for line in lines)]


def table_text(name: str, entry: Entry) -> str:
    """Return the lines of one table of a list, with its comment."""
    return "\n".join(_table(name, entry, many=True)) + "\n"


def _table(name: str, entry: Entry, *, many: bool = False) -> Iterator[str]:
    yield from _comment(entry.source)
    yield f"[[{name}]]" if many else f"[{name}]"
    yield from _pairs(entry.keys)
    for key, value in entry.keys.items():
        if isinstance(value, Mapping) and value:
            yield from _table(f"{name}.{key}", Entry(keys=value))


def _pairs(keys: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of the keys that are no tables."""
    for key, noted in keys.items():
        value, source = _parts(noted)
        if isinstance(value, Mapping) or value in ("", (), []):
            continue
        name = tomlkit.key(key).as_string()
        if isinstance(value, list | tuple) and any(_parts(item)[1] for item in value):
            yield f"{name} = ["
            yield from (_noted(f"  {_value(item)},", source) for item, source in map(_parts, value))
            yield "]"
        else:
            yield _noted(f"{name} = {_value(value)}", source)


def _parts(value: Any) -> tuple[Any, str]:
    return (value.value, value.source) if isinstance(value, Noted) else (value, "")


def _noted(line: str, source: str) -> str:
    return f"{line}  # {' '.join(source.split())}" if source else line


def _value(value: Any) -> str:
    """Return a value as TOML; text of several lines as a literal string, if possible."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(_parts(item)[0]) for item in value)}]"
    if isinstance(value, str) and "\n" in value and not _NO_LITERAL.search(value):
        return f"'''\n{value}'''"
    return str(tomlkit.item(value).as_string())


def _comment(text: str, first: str = "") -> Iterator[str]:
    for line in text.splitlines():
        yield from textwrap.wrap(
            line,
            WIDTH,
            initial_indent=f"# {first}",
            subsequent_indent=f"# {' ' * len(first)}",
            break_long_words=False,
            break_on_hyphens=False,
        ) or ["#"]
