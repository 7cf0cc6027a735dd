"""Keep secrets out of the facts: a setting that may be one is told apart, never told."""

from __future__ import annotations

import hashlib
import re

_NAMES = re.compile(r"pass|pwd|secret|token|credential|auth|private|api_?key", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
_ENDS_LIKE_A_SECRET = re.compile(
    r"(?:pass|passwd|password|passphrase|pwd|secret|token|credentials?|_key|apikey|masterauth)$",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"[0-9]*|/.*|\$.*|yes|no|on|off|true|false|none|default|md5|no value", re.IGNORECASE
)
_IN_TEXT = re.compile(
    r"(\b\w*(?:passw|passphrase|masterauth|secret|token|credential|api_?key)\w*"
    r"(?:\s*[=:]\s*|\s+)[\"']?)([^\s\"';]*[^\s\"';.,a-z][^\s\"';]*)",
    re.IGNORECASE,
)
"""A name, then a value that is more than a word of a sentence."""
_COST = 2**12
"""Of scrypt: 10 ms a secret. With 24 bits kept, a guess can be excluded, but not confirmed."""


def masked(content: dict[str, str]) -> dict[str, str]:
    """Return settings in which every value that may be a secret is a mark instead.

    Equal values of one setting give equal marks, so that a diff and ``keeps`` still see a change.
    """
    return {key: _value(key, value) for key, value in content.items()}


def masked_text(text: str) -> str:
    """Return a text of any shape in which the value after a secret's name is a mark instead."""
    text = _IN_ADDRESS.sub(lambda found: f"{found[1]}:{_mark('', found[0])}@", text)
    return _IN_TEXT.sub(lambda found: f"{found[1]}{_mark('', found[2])}", text)


def masked_setting(name: str, value: str, *, secret: bool = False) -> str:
    """Return an effective setting's value, or a mark for one that holds a secret.

    Hundreds of settings of daemons have a name such as ``auth_debug``: only a name that ends like
    a secret's counts, and only a value that is no switch, number or path.
    """
    if value and not _HARMLESS.fullmatch(value) and (secret or _ENDS_LIKE_A_SECRET.search(name)):
        return _mark(name, value)
    return _IN_ADDRESS.sub(lambda found: f"{found[1]}:{_mark(name, found[0])}@", value)


def _value(key: str, value: str) -> str:
    if value and _NAMES.search(key):
        return _mark(key, value)
    return _IN_ADDRESS.sub(lambda found: f"{found[1]}:{_mark(key, found[0])}@", value)


def _mark(key: str, value: str) -> str:
    digest = hashlib.scrypt(value.encode("utf-8", "replace"), salt=key.encode(), n=_COST, r=8, p=1)
    return f"(secret #{digest[:3].hex()})"
