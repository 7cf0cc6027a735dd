"""Configuration files: each in the plan's format, and accepted by its own daemon."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.plan import Config
from upgradeproof.preflight.base import Situation
from upgradeproof.probes.configs import Config as ConfigFile
from upgradeproof.probes.configs import Configs
from upgradeproof.results import Finding
from upgradeproof.severity import Severity

LINES = 5


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield files that are missing, can't be parsed, or are refused by their daemon."""
    files = situation.facts[Configs]
    for config in situation.cell.expect.config:
        file = files.get(config.path)
        if file is None:
            continue
        if problem := _problem(config, file):
            title, meaning, remedy = problem
            yield Finding(
                id=f"configs/{config.path}",
                severity=Severity.INHIBITOR,
                title=title,
                meaning=meaning,
                remedy=remedy,
            )


def _problem(config: Config, file: ConfigFile) -> tuple[str, str, str] | None:
    """Return title, meaning and remedy of what is wrong with a file, or None."""
    if not file.exists:
        return (
            f"{config.path} is missing",
            "The plan names it as the old release's configuration: the new one finds no settings.",
            f"restore {config.path} from a backup or from its package",
        )
    if file.problem:
        return (
            f"{config.path} is not in the format {config.format}",
            f"The old release has it in that format, and the upgrade relies on it: {file.problem}.",
            f"write {config.path} in the format {config.format}",
        )
    if config.check and not file.accepted:
        lines = file.check_output.splitlines()
        return (
            f"{config.path} is refused by its own check",
            "\n  ".join(
                [f"`{config.check}` ended with status {file.check_status}", *lines[:LINES]]
            ),
            f"fix {config.path} until `{config.check}` accepts it",
        )
    return None
