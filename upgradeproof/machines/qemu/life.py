"""What a running VM lets us know of itself: signs, in order, from the console and the monitor."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from enum import StrEnum

CONSOLE_TAIL = 30
"""Lines of the console that an error carries."""
_SAME_RESET_S = 1.0
"""A PC resets by several means at once: those within a second are one reset (0.1 s was seen)."""


class Kind(StrEnum):
    """Name what was seen."""

    READY = "ready"
    """The agent of a boot has reported; the text is the boot's id."""
    RESET = "reset"
    PANIC = "kernel panic"
    EMERGENCY = "emergency shell"
    INITRAMFS = "initramfs shell"
    LOADER = "boot loader's prompt"
    GONE = "gone"
    """QEMU has ended."""


TROUBLES: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.PANIC, re.compile(r"Kernel panic - not syncing.*")),
    (
        Kind.EMERGENCY,
        re.compile(
            r"You are in emergency mode|You are in rescue mode|"
            r"Cannot open access to console, the root account is locked"
        ),
    ),
    (
        Kind.INITRAMFS,
        re.compile(r"Gave up waiting for root.*|ALERT! .* does not exist.*|^\(initramfs\) "),
    ),
    (
        Kind.LOADER,
        re.compile(
            r"grub rescue> |^grub> |error: .*(?:not found|no such (?:device|partition)).*|"
            r"No bootable (?:device|option).*"
        ),
    ),
)
"""How a console says that a boot has ended before its time."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>c])")


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One thing that was seen, and when (monotonic seconds)."""

    kind: Kind
    text: str
    at: float


class Life:
    """Collect signs from several threads, for one that waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._signs: list[Sign] = []
        self._console = bytearray()
        self._scanned = 0

    def note(self, kind: Kind, text: str = "") -> None:
        """Add a sign."""
        now = time.monotonic()
        with self._changed:
            last = next((sign for sign in reversed(self._signs) if sign.kind is kind), None)
            again = kind is Kind.RESET and last is not None and now - last.at < _SAME_RESET_S
            if not again:
                self._signs.append(Sign(kind=kind, text=text, at=now))
                self._changed.notify_all()

    def hear(self, data: bytes) -> bool:
        """Take what the console printed, note the troubles in it, and tell whether there were."""
        with self._changed:
            self._console += data
            # A prompt has no end of line: the last line is looked at again when there is more.
            new = bytes(self._console[self._scanned :])
            self._scanned += new.rfind(b"\n") + 1
            lines = _text(new).split("\n")
            seen = {(sign.kind, sign.text) for sign in self._signs[-5:]}
        before = len(seen)
        for line in lines:
            for kind, pattern in TROUBLES:
                if (found := pattern.search(line)) and (kind, found[0].strip()) not in seen:
                    seen.add((kind, found[0].strip()))
                    self.note(kind, found[0].strip())
        return len(seen) > before

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
        """Wait until there is a sign after a mark; tell whether there is."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._signs) > mark, timeout=timeout_s)

    @property
    def console(self) -> str:
        """Return all that the console printed, as text."""
        return _text(bytes(self._console))

    @property
    def console_tail(self) -> str:
        """Return the console's last lines, for an error's details."""
        lines = [line.rstrip() for line in self.console.splitlines() if line.strip()]
        return "\n".join(lines[-CONSOLE_TAIL:])


def _text(console: bytes) -> str:
    """Return a console's bytes without what only moves a cursor or colours."""
    return _ESCAPES.sub("", console.decode("utf-8", "replace")).replace("\r", "")
