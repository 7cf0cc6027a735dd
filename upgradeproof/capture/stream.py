"""What the walk of a server prints: entries of its file tree, and what is known about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from upgradeproof.errors import HarnessError

LARGEST_BYTES = 8_388_608
"""The content of a larger configuration file is not read."""
DATA_BYTES = 268_435_456
"""The maximum of all named data; use the server's own backup for more."""
ROOTS = (
    *("/etc", "/usr/local", "/var/spool/cron"),
    *("/usr/lib/systemd/system", "/usr/lib/systemd/user", "/usr/share/keyrings"),
)
"""What is walked; of the vendor's folders only what no package owns or what was edited."""

_FOLDER = Path(__file__).parent
_PERL = "".join(
    (_FOLDER / name).read_text(encoding="utf-8")
    for name in ("placeholders.pl", "own_files.pl", "walk.pl")
)


def escaped(path: str | bytes) -> str:
    """Return a path in printable ASCII without blanks; ``%`` and other bytes in hexadecimal."""
    raw = path.encode("utf-8", "surrogateescape") if isinstance(path, str) else path
    return quote(raw, safe="!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~")


def readable(path: str) -> str:
    """Return an escaped path as text; bytes that are not UTF-8 and controls in hexadecimal."""
    text = unquote_to_bytes(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One path of the server, escaped; ``content`` is what may leave it."""

    type: str
    """``file``, ``directory``, ``link``; ``derived``: a program makes it from another file;
    ``state``: a folder of a daemon's, of which only owner and mode are known."""
    path: str
    mode: str
    owner: str
    group: str
    target: str = ""
    content: bytes | None = None
    """None: a directory, a link, or an unchanged file of a package."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """What is known of a private key that stays on the server."""

    label: str
    encrypted: bool
    length: int
    """The size of its text in bytes: the strength of a key of an unknown kind."""
    public: str
    """Its public key, as PEM or as OpenSSH writes it; empty: no program could read it."""


@dataclass
class Walked:
    """Everything that a walk printed; paths are escaped."""

    entries: dict[str, Entry] = field(default_factory=dict)
    secrets: dict[str, dict[str, int]] = field(default_factory=dict)
    """How many of which kind each file held."""
    edited: list[str] = field(default_factory=list)
    """Files of packages that an administrator changed."""
    missing: list[str] = field(default_factory=list)
    """Configuration files that an administrator removed."""
    left: list[str] = field(default_factory=list)
    """Files of the server alone: addresses, disks."""
    vanished: list[str] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)
    """Files that are too large, with their size; 0: they can't be read."""
    alternatives: dict[str, str] = field(default_factory=dict)
    """Those that an administrator chose."""
    accounts: dict[str, str] = field(default_factory=dict)
    """A hash of a generated password for each user who has one."""
    keys: list[Key] = field(default_factory=list)
    mark: bytes = b""
    """What replaces a private key in a file."""


def script(roots: Sequence[str] = ROOTS, data: Sequence[str] = (), prefix: str = "") -> str:
    """Return the script of the walk; ``prefix`` is for tests: a folder instead of the root."""
    text = (
        _PERL.replace("@PREFIX@", prefix)
        .replace("@ROOTS@", " ".join(roots))
        .replace("@DATA@", " ".join(escaped(path) for path in data))
        .replace("@LARGEST@", str(LARGEST_BYTES))
        .replace("@DATA_LARGEST@", str(DATA_BYTES))
    )
    return f"perl - <<'END_OF_WALK'\n{text}END_OF_WALK\n"


def parse(output: bytes) -> Walked:
    """Return what a walk printed. Raises HarnessError if it is incomplete."""
    found = Walked()
    ended = False
    for words, content in _lines(output):
        ended = words == ["end"]
        if not _entry(found, words, content):
            _remark(found, words)
    if not ended:
        raise HarnessError(
            "the walk of the server's files did not end",
            details=output[-500:].decode("utf-8", "replace"),
        )
    return found


def _entry(found: Walked, words: list[str], content: bytes) -> bool:
    """Take a line that describes one path; return whether it is such a line."""
    match words:
        case ["file", mode, owner, group, path, _]:
            _add(found, "file", (mode, owner, group, path), content=content)
        case [("directory" | "derived" | "state") as kind, *rest] if len(rest) == len(_META):
            _add(found, kind, rest)
        case ["link", *rest, target] if len(rest) == len(_META):
            _add(found, "link", rest, target=target)
        case ["same", kind, *rest] if len(rest) == len(_META):
            _add(found, kind, rest)
        case _:
            return False
    return True


def _remark(found: Walked, words: list[str]) -> None:
    """Take a line about a path, a key or an account."""
    lists = {"edited": found.edited, "missing": found.missing, "left": found.left}
    match words:
        case ["secret", path, kind, count]:
            found.secrets.setdefault(path, {})[readable(kind)] = int(count)
        case ["vanished", path, _]:
            found.vanished.append(path)
        case ["unread", path, size]:
            found.unread[path] = int(size)
        case ["alternative", path, target]:
            found.alternatives[path.rpartition("/")[2]] = readable(target)
        case ["account", name, value]:
            found.accounts[readable(name)] = readable(value)
        case ["key", _, label, encrypted, length, public]:
            found.keys.append(_key(label, encrypted, length, public))
        case ["mark", mark]:
            found.mark = mark.encode()
        case [what, path] if what in lists:
            lists[what].append(path)


def _key(label: str, encrypted: str, length: str, public: str) -> Key:
    text = unquote_to_bytes(public).decode("ascii", "replace")
    return Key(
        label=readable(label),
        encrypted=encrypted == "encrypted",
        length=int(length),
        public=text.strip(),
    )


_META = ("mode", "owner", "group", "path")


def _add(
    found: Walked,
    kind: str,
    meta: Sequence[str],
    *,
    target: str = "",
    content: bytes | None = None,
) -> None:
    mode, owner, group, path = meta
    found.entries[path] = Entry(
        type=kind,
        path=path,
        mode=mode,
        owner=readable(owner),
        group=readable(group),
        target=target,
        content=content,
    )


def _lines(output: bytes) -> Iterator[tuple[list[str], bytes]]:
    """Yield each line's words; the bytes of its content follow a line ``file``."""
    at = 0
    while (end := output.find(b"\n", at)) >= 0:
        words = output[at:end].decode("ascii", "replace").split(" ")
        at = end + 1
        content = b""
        if words[0] == "file" and words[-1].isdigit():
            size = int(words[-1])
            content = output[at : at + size]
            at += size + 1
        yield words, content
