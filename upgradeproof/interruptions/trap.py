"""A trap in a script that runs apt: it acts when apt reports that dpkg takes a certain step."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

FOLDER = "/run/upgradeproof-interruption"
"""It is on the machine's own tmpfs, so that the facts do not contain it."""
HALTED = b"upgradeproof: halted\n"
"""What the machine prints when it waits for the power cut."""
_LINE = re.compile(r"^pmstatus:([^:]*)(?::[a-z0-9]+)?:[0-9.]+:(.*)$")

Act = Literal["kill", "halt"]


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One step that dpkg took: where in the upgrade, and what apt reported of it."""

    action: int
    """Which of the upgrade's actions, from 0."""
    number: int
    """Which of the steps in that action, from 1."""
    message: str
    """Apt's own words, such as ``Unpacking liblighthouse (amd64)``."""


def trapped(script: str, *, number: int = 0, act: Act = "kill") -> str:
    """Return the script with the trap before it; number 0: the steps are only recorded.

    The status comes on file descriptor 9, which apt hands to no other process.
    """
    watch = files("upgradeproof.interruptions").joinpath("watch.pl").read_text("utf-8")
    return (
        f"mkdir -p {FOLDER}; rm -f {FOLDER}/*; mkfifo {FOLDER}/status\n"
        f"printf 'APT::Status-Fd \"9\";\\n' >{FOLDER}/apt.conf\n"
        f"cat >{FOLDER}/watch.pl <<'END_OF_WATCH'\n{watch}END_OF_WATCH\n"
        f"perl {FOLDER}/watch.pl {FOLDER} {number} {shlex.quote(act)} $$ </dev/null &\n"
        f"exec 9>{FOLDER}/status\n"
        f"export APT_CONFIG={FOLDER}/apt.conf\n"
        f"{script}"
    )


def moments(log: str, action: int) -> tuple[Moment, ...]:
    """Return the steps that the trap recorded, in order."""
    found = (_LINE.match(line) for line in log.splitlines())
    return tuple(
        Moment(action=action, number=number, message=match[2] or match[1])
        for number, match in enumerate(filter(None, found), start=1)
    )
