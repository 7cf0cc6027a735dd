"""The daemons' own checkers: what they refuse, and which settings they warn of."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.preflight.base import Situation
from upgradeproof.probes.config_checks import ConfigChecks, complaints, decisive
from upgradeproof.probes.configs import Configs
from upgradeproof.probes.services import Services
from upgradeproof.results import Finding
from upgradeproof.severity import Severity

LINES = 10


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield configurations that are refused already, and lines that warn of a setting."""
    declared = {config.check for config in situation.cell.expect.config}
    for name, check in situation.facts[ConfigChecks].items():
        if check.command in declared:
            continue
        unit = situation.facts[Services].get(check.unit)
        if not check.accepted and not check.problem:
            yield Finding(
                id=f"daemons/{name}/refused",
                severity=Severity.HIGH
                if unit is not None and unit.active == "active"
                else Severity.INFO,
                title=f"{name} refuses the configuration on the disk",
                meaning="\n  ".join([f"`{check.command}` printed", *decisive(check.output)]),
                remedy="fix the configuration: the daemon will also refuse it at its next start",
            )
        elif lines := complaints(check.output):
            yield _warning(f"daemons/{name}/warning", name, lines)
    for config in situation.cell.expect.config:
        file = situation.facts[Configs].get(config.path)
        if file and file.accepted and (lines := complaints(file.check_output)):
            yield _warning(f"daemons{config.path}/warning", config.path, lines)


def _warning(identity: str, name: str, lines: tuple[str, ...]) -> Finding:
    return Finding(
        id=identity,
        severity=Severity.INFO,
        title=f"{name}: its own check warns of a setting",
        meaning="\n  ".join(["The next version may refuse it, or ignore it:", *lines[:LINES]]),
        remedy="replace the setting before the upgrade, as the daemon's documentation describes",
    )
