"""What an administrator does with an interrupted upgrade, in the order of the manuals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from upgradeproof.machines import Machine
from upgradeproof.plan.steps import Action, Script

TIMEOUT_S = 600.0
_ENVIRONMENT = "export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1"
_KEEP = "--force-confdef --force-confold"
_APT_KEEP = "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """One attempt to recover: its name in the table, and what it does."""

    name: str
    actions: tuple[Action, ...]


def recoveries(rest: tuple[Action, ...], rollback: tuple[Action, ...]) -> Iterator[Recovery]:
    """Yield the recoveries in order, each meant to follow on the one before it.

    ``rest`` is the upgrade from the action on that was interrupted, ``rollback`` the product's own
    rollback; empty: it has none.
    """
    yield _shell(
        "dpkg --configure -a",
        f"dpkg {_KEEP} --configure -a",
    )
    yield _shell(
        "apt-get -f install",
        f"apt-get -q -y -o Dpkg::Use-Pty=0 {_APT_KEEP} -f install",
    )
    yield Recovery(name="the upgrade again", actions=rest)
    if rollback:
        yield Recovery(name="rollback", actions=rollback)


def recover(
    machine: Machine,
    ways: Iterator[Recovery],
    carry_out: Callable[[Machine, Sequence[Action]], str],
    arrived: Callable[[Machine], str],
) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Try one recovery after the other until the machine has reached a known state.

    ``carry_out`` returns why it failed, or nothing; ``arrived`` the state that the machine's facts
    are those of, or nothing. Returns the recoveries that were tried, the state that they reached
    (nothing: not recovered), and what failed.
    """
    tried: list[str] = []
    failures: list[str] = []
    for way in ways:
        tried.append(way.name)
        if failure := carry_out(machine, way.actions):
            failures.append(f"{way.name}: {failure}")
            continue
        if state := arrived(machine):
            return tuple(tried), state, tuple(failures)
    return tuple(tried), "", tuple(failures)


def _shell(name: str, script: str) -> Recovery:
    text = f"set -e\n{_ENVIRONMENT}\n{script}"
    return Recovery(name=name, actions=(Script(title=name, script=text, timeout_s=TIMEOUT_S),))
