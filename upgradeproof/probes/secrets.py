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


_IN_COMMAND = re.compile(
    r"((?:^|(?<=[\s\"';&|(]))-{0,2}[\w-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|api_?key)"
    r"(?:=|(?<=\w)\s+(?=[^\s|&;<>-])))(\"[^\"]*\"|'[^']*'|[^\s;|&]+)",
    re.IGNORECASE,
)
_USER_AND_SECRET = re.compile(r"((?:^|\s)(?:-u|--user)[ =]?[\w.@-]+:)([^\s@/:]+)(?=\s|$)")


def masked_command(text: str) -> str:
    """Return a command line in which what may be a secret is a mark instead.

    That is the value of an option, or of a variable, whose name says so, and the password in an
    address or behind ``-u name:``.
    """
    text = _IN_COMMAND.sub(lambda found: found[1] + _mark("command", found[2]), text)
    text = _USER_AND_SECRET.sub(lambda found: found[1] + _mark("command", found[2]), text)
    return _value("", text)
