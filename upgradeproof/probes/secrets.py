"""Keep secrets out of the facts: a setting that may be one is told apart, never told."""

from __future__ import annotations

import hashlib
import re

_NAMES = re.compile(r"pass|pwd|secret|token|credential|auth|private|api_?key", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
_COST = 2**12
"""Of scrypt: 10 ms a secret. With 24 bits kept, a guess can be excluded, but not confirmed."""


def masked(content: dict[str, str]) -> dict[str, str]:
    """Return settings in which every value that may be a secret is a mark instead.

    Equal values of one setting give equal marks, so that a diff and ``keeps`` still see a change.
    """
    return {key: _value(key, value) for key, value in content.items()}


def _value(key: str, value: str) -> str:
    if value and _NAMES.search(key):
        return _mark(key, value)
    return _IN_ADDRESS.sub(lambda found: f"{found[1]}:{_mark(key, found[0])}@", value)


def _mark(key: str, value: str) -> str:
    digest = hashlib.scrypt(value.encode("utf-8", "replace"), salt=key.encode(), n=_COST, r=8, p=1)
    return f"(secret #{digest[:3].hex()})"


_SETTING = re.compile(r"(?<![\w.-])([\w.-]{1,80})(\s{0,8}[:=]\s{0,8})(\S.*)")
"""Bounded, so that a long line takes no longer than its length."""
_MOST_MARKS = 50
"""Of one text: a mark costs 10 ms."""


def masked_text(text: str) -> str:
    """Return a text in which what may be a secret is a mark: in ``name = value``, and in a URL."""
    marks: dict[tuple[str, str], str] = {}

    def mark(key: str, value: str) -> str:
        if (key, value) not in marks:
            marks[key, value] = _mark(key, value) if len(marks) < _MOST_MARKS else "(secret)"
        return marks[key, value]

    def setting(found: re.Match[str]) -> str:
        named = _NAMES.search(found[1])
        return f"{found[1]}{found[2]}{mark(found[1], found[3])}" if named else found[0]

    lines = (_SETTING.sub(setting, line, count=1) for line in text.split("\n"))
    return _IN_ADDRESS.sub(lambda found: f"{found[1]}:{mark('', found[0])}@", "\n".join(lines))
