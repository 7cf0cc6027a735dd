"""The two formats of lighthouse.conf: the older ``ini``, and ``2023Q4``, a strict subset of TOML.

Both are read line by line, so that a change of the format preserves comments and order. Python's
own TOML parser can't be used: Python of the oldest supported system does not have it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

HEADER = 'format = "2023Q4"'

_SECTION = re.compile(r"\[([A-Za-z0-9_-]+)\]")
_SETTING = re.compile(r"([A-Za-z0-9_-]+)\s*=\s*(.*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")
_COMMENT = "#;"


class FormatError(ValueError):
    """A line is not what its format allows."""


def format_of(text: str) -> str:
    """Return the format in which a text is written, by its first line that is no comment."""
    for line in map(str.strip, text.splitlines()):
        if line and line[0] not in _COMMENT:
            return "2023Q4" if line.startswith("format") else "ini"
    return "ini"


def settings(text: str) -> dict[str, str]:
    """Return the settings by ``section.key``, each as text. Raises FormatError."""
    new = format_of(text) == "2023Q4"
    found = {}
    for number, section, key, value in _settings(text):
        if not section:
            if new and key == "format":
                continue
            raise FormatError(f"line {number}: {key!r} is in no section")
        found[f"{section}.{key}"] = _plain(number, value) if new else value
    return found


def to_new(text: str) -> str:
    """Return a text of the format ``ini`` as ``2023Q4``. Raises FormatError."""
    lines = [HEADER, ""]
    at = {number: (key, value) for number, _, key, value in _settings(text)}
    for number, line in enumerate(text.splitlines(), start=1):
        if number in at:
            key, value = at[number]
            lines.append(f"{key} = {_quoted(value)}")
        elif line.strip().startswith(";"):
            lines.append(line.replace(";", "#", 1))
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def to_old(text: str) -> str:
    """Return a text of the format ``2023Q4`` as ``ini``. Raises FormatError."""
    at = {
        number: (section, key, _plain(number, value))
        for number, section, key, value in _settings(text)
    }
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        section, key, value = at.get(number, ("", "", ""))
        if section:
            lines.append(f"{key} = {value}")
        elif not key:
            lines.append(line)
    return "\n".join(lines).lstrip("\n") + "\n"


def _settings(text: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield number, section, key and value of each line that sets something."""
    section = ""
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if not line or line[0] in _COMMENT:
            continue
        if header := _SECTION.fullmatch(line):
            section = header[1]
        elif setting := _SETTING.fullmatch(line):
            yield number, section, setting[1], setting[2].strip()
        else:
            raise FormatError(f"line {number}: neither [section] nor key = value")


def _quoted(value: str) -> str:
    """Return a value in TOML: numbers and booleans bare, other values in quotes."""
    if _NUMBER.fullmatch(value) or value in ("true", "false"):
        return value
    return json.dumps(value, ensure_ascii=False)


def _plain(number: int, value: str) -> str:
    if _NUMBER.fullmatch(value) or value in ("true", "false"):
        return value
    try:
        plain = json.loads(value)
    except ValueError:
        plain = None
    if not isinstance(plain, str):
        raise FormatError(f"line {number}: {value} is no number, no boolean and no quoted text")
    return plain
