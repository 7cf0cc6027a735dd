"""Keep secrets out of the facts: a possible secret is replaced by a mark."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

_NAMES = re.compile(r"pass|pwd|secret|token|credential|auth|private|api_?key", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(://[^/\s:@]*):[^/\s@]+@")
_ENDS_LIKE_A_SECRET = re.compile(
    r"(?:pass|passwd|password|passphrase|pwd|secret|token|credentials?|_key|apikey|masterauth)$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"[0-9]*|/.*|\$.*|yes|no|on|off|true|false|none|default|md5|no value", re.IGNORECASE
)
_COST = 2**12
"""Of scrypt: 10 ms a secret. With 24 bits stored, a guess can be excluded, but not confirmed."""


def masked(content: dict[str, str]) -> dict[str, str]:
    """Return settings in which every value that may be a secret is a mark instead.

    Equal values of one setting give equal marks, so that a diff and ``preserved_keys`` still show a
    change.
    """
    return {key: _value(key, value) for key, value in content.items()}


def masked_setting(name: str, value: str, *, secret: bool = False) -> str:
    """Return an effective setting's value, or a mark for one that holds a secret.

    Hundreds of settings of daemons have a name such as ``auth_debug``: only a name that ends like
    a secret's counts, and only a value that is no switch, number or path.
    """
    if value and not _NO_SECRET.fullmatch(value) and (secret or _ENDS_LIKE_A_SECRET.search(name)):
        return _mark(name, value)
    return _IN_ADDRESS.sub(lambda found: f"{found[1]}:{_mark(name, found[0])}@", value)


def _value(key: str, value: str) -> str:
    if value and _NAMES.search(key):
        return _mark(key, value)
    return _IN_ADDRESS.sub(lambda found: f"{found[1]}:{_mark(key, found[0])}@", value)


@lru_cache(maxsize=512)
def _mark(key: str, value: str) -> str:
    digest = hashlib.scrypt(value.encode("utf-8", "replace"), salt=key.encode(), n=_COST, r=8, p=1)
    return f"(secret #{digest[:3].hex()})"


_PEM = re.compile(
    r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----).*?(?:(?=-----END )|\Z)", re.DOTALL
)
_WORDS = r"(?:pass|pwd|secret|token|credential|private|api_?key|psk|preshared|community)"
_SETTING = re.compile(
    rf"""(?P<name>{_WORDS}[\w.\-]{{0,40}}["']?[ \t]*(?:=>|[=:])[ \t]*)(?P<value>[^\s#;,]+)""",
    re.IGNORECASE,
)
_NAME = re.compile(_WORDS, re.IGNORECASE)
_HARMLESS = re.compile(
    r"(?:yes|no|on|off|true|false|none|null|prohibit-password|without-password|[0-9]{1,5}"
    r"|required|requisite|sufficient|optional|include|substack|files|compat|\[.*|/.*|[\"']?/.*|\(.*|[=:|&<>].*)",
    re.IGNORECASE,
)
_HASH = re.compile(r"\$(?:[0-9a-z]{1,8}|apr1|argon2\w*)\$\S{8,}|\{S?SHA[0-9]*\}\S+|\bBearer\s+\S+")
_OPAQUE = re.compile(r"[\w/+-]{40,}={0,2}")
_SPELLED = re.compile(r"[a-z]{8}|^/|_[A-Za-z0-9]+_[A-Za-z0-9]+_")
"""What a name or a path has, and a random string seldom."""
_HIDDEN = "(secret)"
_MAXIMUM_MARKS = 50
"""Of one text: a mark costs 10 ms."""


def masked_text(text: str, *, marks: bool = True) -> str:
    """Return a text of any shape in which whatever may be a secret is a mark, or ``(secret)``.

    Private keys, values of settings whose names sound like one, hashes of passwords, passwords in
    addresses, and long strings that look random. Without ``marks``, and for all but the first
    fifty, a secret that changed can't be seen to have changed.
    """
    known: dict[str, str] = {}

    def hidden(value: str) -> str:
        if value not in known:
            worth_it = marks and len(known) < _MAXIMUM_MARKS
            known[value] = _mark("", value) if worth_it else _HIDDEN
        return known[value]

    def setting(found: re.Match[str]) -> str:
        harmless = _HARMLESS.fullmatch(found["value"])
        return found[0] if harmless else found["name"] + hidden(found["value"])

    def opaque(found: re.Match[str]) -> str:
        kinds = (str.isdigit, str.isupper, str.islower)
        looks_random = all(any(map(kind, found[0])) for kind in kinds)
        return hidden(found[0]) if looks_random and not _SPELLED.search(found[0]) else found[0]

    def word_and_value(line: str) -> str:
        """Return a line with its value masked, if it is a secret's name and a value."""
        words = line.strip(" \t#;").split()
        if "(secret" in line:  # it is masked already
            return line
        if len(words) != len(("name", "value")) or not _NAME.search(words[0]):
            return line
        harmless = _HARMLESS.fullmatch(words[1].rstrip(";"))
        return line if harmless else line.replace(words[1], hidden(words[1]))

    text = _PEM.sub(rf"\1\n{_HIDDEN}\n", text)
    text = _IN_ADDRESS.sub(lambda found: f"{found[1]}:{hidden(found[0])}@", text)
    text = _OPAQUE.sub(opaque, _HASH.sub(lambda found: hidden(found[0]), text))
    return "\n".join(map(word_and_value, _SETTING.sub(setting, text).split("\n")))


_IN_COMMAND = re.compile(
    r"((?:^|(?<=[\s\"';&|(]))-{0,2}[\w-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|api_?key)"
    r"(?:=|(?<=\w)\s+(?=[^\s|&;<>-])))(\"[^\"]*\"|'[^']*'|[^\s;|&]+)",
    re.IGNORECASE,
)
_USER_AND_SECRET = re.compile(r"((?:^|\s)(?:-u|--user)[ =]?[\w.@-]+:)([^\s@/:]+)(?=\s|$)")


def masked_command(text: str) -> str:
    """Return a command line in which what may be a secret is a mark instead.

    That is the value of an option, or of a variable, with such a name, and the password in an
    address or after ``-u name:``.
    """
    text = _IN_COMMAND.sub(lambda found: found[1] + _mark("command", found[2]), text)
    text = _USER_AND_SECRET.sub(lambda found: found[1] + _mark("command", found[2]), text)
    return _value("", text)
