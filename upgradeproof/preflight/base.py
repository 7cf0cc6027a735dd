"""The situation before an upgrade, the checks that judge it, and the error of an inhibitor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from upgradeproof.errors import InhibitedError
from upgradeproof.extensions import File, Kind, contained, discover, once_per_project
from upgradeproof.plan import Cell
from upgradeproof.probes import Facts
from upgradeproof.results import Fidelity, Finding
from upgradeproof.severity import Severity

SEVERITIES = tuple(Severity)
"""The most severe first."""


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What is known before an upgrade: the plan of its cell, and the facts of the machine."""

    cell: Cell
    facts: Facts
    fidelity: Fidelity


class Check(Protocol):
    """A module of ``checks/``, as the rest of the engine sees it."""

    @staticmethod
    def findings(situation: Situation) -> Iterator[Finding]:
        """Yield what prevents the upgrade; pure."""


CHECKS = Kind(name="preflight", noun="preflight check", engine="upgradeproof.preflight.checks")


@once_per_project
def every_check() -> Mapping[str, Check]:
    """Return the checks that are found by the names of their files. Raises ExtensionError."""
    found = discover(CHECKS, _check_in)
    return {name: found[name] for name in sorted(found)}


def _check_in(file: File) -> Iterator[tuple[str, Check]]:
    if not callable(getattr(file.module, "findings", None)):
        raise file.wrong("it has no function `findings(situation)`")
    yield file.path.stem, cast("Check", file.module)


def examine(situation: Situation) -> tuple[Finding, ...]:
    """Return what every check finds, the most severe first, with the plan's codes and acceptances.

    An inhibitor is never accepted: its cause has to be fixed.
    """
    asked = situation.cell.plan.preflight
    found = [
        finding.model_copy(
            update={
                "code": finding.code or asked.code_for(finding.id),
                "accepted": ""
                if finding.severity == Severity.INHIBITOR
                else asked.reason_for(finding.id),
            }
        )
        for name, check in every_check().items()
        for finding in _findings(name, check, situation)
    ]
    return tuple(sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.id)))


def _findings(name: str, check: Check, situation: Situation) -> tuple[Finding, ...]:
    with contained(f"the preflight check {name!r}", check.findings.__module__):
        return tuple(check.findings(situation))


def stop(situation: Situation, found: Sequence[Finding]) -> None:
    """Raise InhibitedError if a finding inhibits the upgrade."""
    inhibitors = [finding for finding in found if finding.severity == Severity.INHIBITOR]
    if not inhibitors:
        return
    first, *others = inhibitors
    title = f"{first.code} {first.title}" if first.code else first.title
    more = f" (and {len(others)} more)" if others else ""
    raise InhibitedError(
        f"the preflight stops the upgrade to {situation.cell.new.name}: {title}{more}",
        details="\n".join(map(str, inhibitors)),
        resolution="fix this on the machine, then upgrade; nothing was changed",
    )
