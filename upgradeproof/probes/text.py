"""Handle text that a machine printed: a parser must cope with any content."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

from upgradeproof.errors import HarnessError

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Terminal escapes, and lone surrogates, which JSON may hold and UTF-8 may not."""
_HEX = re.compile(
    r"\b(?:0x[0-9a-f]+|(?=[a-f]*[0-9])[0-9a-f]{8,}(?:-[0-9a-f]{4,})*)\b", re.IGNORECASE
)
_NUMBER = re.compile(r"[0-9]+(?:[.:,/T-][0-9]+)*")
_UNIT = re.compile(r"/([^/\s]+\.(?:service|scope))(?=[/\s]|$)")


def clean(text: str) -> str:
    """Return ``text`` without terminal escapes and characters that can't be written as UTF-8."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def rows(output: str, separator: str = "\t") -> Iterator[list[str]]:
    """Yield the cells of each line, to be matched against the shapes that the script prints.

    Lines of no such shape are left out by their reader: they come from a name with a tab or a
    newline in it, or from a process that ended while it was looked at, and must not hide the
    lines around them. Only a newline ends a line: ``splitlines`` would see more of them.
    """
    for line in output.split("\n"):
        yield line.split(separator)


def number(text: str) -> int | None:
    """Return a decimal number, or None for anything else (also for digits that ``int`` refuses)."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def general(text: str) -> str:
    """Return a message with numbers and hexadecimal strings replaced by ``N`` and ``H``.

    What is left is the same for the same complaint at another time.
    """
    return _NUMBER.sub("N", _HEX.sub("H", " ".join(text.split())))


def new_lines(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """Return the lines of ``after`` that ``before`` does not have, numbers left aside."""
    known = {general(line) for line in before}
    return [line for line in after if general(line) not in known]


def decoded(text: str) -> bytes:
    """Return what a script encoded as base64. Raises HarnessError for anything else: it is ours."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise HarnessError(
            "a probe's script printed something else than base64", details=clean(text[:200])
        ) from error


def unit_of(control_group: str) -> str:
    """Return the systemd unit in a ``/proc/PID/cgroup``, both hierarchies; empty without one."""
    match = _UNIT.search(control_group)
    return match[1] if match else ""
