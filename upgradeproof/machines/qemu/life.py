"""The signs of a running VM, in order, from its console and its monitor."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from enum import StrEnum

from upgradeproof.terminal import without_sequences

CONSOLE_TAIL = 30
"""Lines of the console that an error carries."""
_SAME_RESET_S = 1.0
"""A PC resets by several means at once: those within a second are one reset (0.1 s was seen)."""
_REST_S = 0.3
_REST_TIMEOUT_S = 3.0
"""After how long a console counts as silent, and the maximum of the wait."""


class Kind(StrEnum):
    """Name what was seen."""

    READY = "ready"
    """The agent of a boot has reported; the text is the boot's id."""
    RESET = "reset"
    PANIC = "kernel panic"
    EMERGENCY = "emergency shell"
    INITRAMFS = "initramfs shell"
    LOADER = "boot loader's prompt"
    STOPPED = "stopped"
    """QEMU has stopped the machine: this host could not write its disk."""
    GONE = "gone"
    """QEMU has ended."""


TROUBLES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.PANIC, re.compile(r"Kernel panic - not syncing.*")),
    (
        Kind.EMERGENCY,
        re.compile(
            r"You are in (?:emergency|rescue) mode|"
            r"Cannot open access to console, the root account is locked"
        ),
    ),
    (
        Kind.INITRAMFS,
        re.compile(r"Gave up waiting for root .*|ALERT! .* does not exist.*"),
    ),
    (
        Kind.LOADER,
        # GRUB reports other files as "not found", such as a font, and boots all the same.
        re.compile(
            r"^error: .*/(?:vmlinu[xz]|initrd)\S* not found.*|"
            r"^error: .*you need to load the kernel first.*|^(?:BdsDxe: )?No bootable .*"
        ),
    ),
)
"""The lines of the console that report a boot that failed."""
PROMPTS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.INITRAMFS, re.compile(r"^\(initramfs\) ")),
    (Kind.LOADER, re.compile(r"^grub(?: rescue)?> ")),
)
"""The same for prompts, which have no line end: they wait for input that never comes."""


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One thing that was seen, and when (monotonic seconds)."""

    kind: Kind
    text: str
    at: float


class Life:
    """Collect signs from several threads, for one thread that waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._signs: list[Sign] = []
        self._console = bytearray()
        self._scanned = 0
        self._prompted = False
        """Whether the last line, which has no end yet, was already noted."""

    def note(self, kind: Kind, text: str = "") -> None:
        """Add a sign."""
        now = time.monotonic()
        with self._changed:
            last = next((sign for sign in reversed(self._signs) if sign.kind is kind), None)
            again = kind is Kind.RESET and last is not None and now - last.at < _SAME_RESET_S
            if not again:
                self._signs.append(Sign(kind=kind, text=text, at=now))
                self._changed.notify_all()

    def feed(self, data: bytes) -> bool:
        """Take output of the console, note the troubles in it, and return whether there are any."""
        with self._changed:
            self._console += data
            new = bytes(self._console[self._scanned :])
            self._scanned += new.rfind(b"\n") + 1
            *lines, last = _text(new).split("\n")
            found = []
            for number, line in enumerate(lines):
                noted = number == 0 and self._prompted
                found += _troubles(line, TROUBLES if noted else (*TROUBLES, *PROMPTS))
            if lines:
                self._prompted = False
            if not self._prompted:
                prompts = _troubles(last, PROMPTS)
                self._prompted = bool(prompts)
                found += prompts
            for kind, text in found:
                self.note(kind, text)
            self._changed.notify_all()
            return bool(found)

    def rest(self, quiet_s: float = _REST_S, timeout_s: float = _REST_TIMEOUT_S) -> None:
        """Wait until the console prints no more: the kernel adds lines to those of a panic."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while time.monotonic() < deadline and self._changed.wait(quiet_s):
                pass

    @property
    def mark(self) -> int:
        """Return how many signs there are: what comes later is new."""
        with self._changed:
            return len(self._signs)

    def since(self, mark: int) -> tuple[Sign, ...]:
        """Return the signs after a mark."""
        with self._changed:
            return tuple(self._signs[mark:])

    def wait(self, mark: int, timeout_s: float) -> bool:
        """Wait until there is a sign after a mark; return whether there is."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._signs) > mark, timeout=timeout_s)

    @property
    def console(self) -> str:
        """Return all that the console printed, as text."""
        with self._changed:
            return _text(bytes(self._console))

    @property
    def console_tail(self) -> str:
        """Return the console's last lines, for an error's details."""
        lines = [line.rstrip() for line in self.console.splitlines() if line.strip()]
        return "\n".join(lines[-CONSOLE_TAIL:])


def _troubles(
    line: str, patterns: tuple[tuple[Kind, re.Pattern[str]], ...]
) -> list[tuple[Kind, str]]:
    found = ((kind, pattern.search(line)) for kind, pattern in patterns)
    return [(kind, match[0].strip()) for kind, match in found if match]


def _text(console: bytes) -> str:
    """Return a console's bytes without what only moves a cursor or colours."""
    return without_sequences(console.decode("utf-8", "replace")).replace("\r", "")
