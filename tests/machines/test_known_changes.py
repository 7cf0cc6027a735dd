"""A package as Debian ships it is upgraded without an unexplained change."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable

from tests.environments import ROOT
from tests.machines.projects import Project, state_of

TIMEOUT_S = 900.0
"""A whole upgrade of the distribution: 6 minutes were measured on two cores with a load of 10."""


def test_the_smallest_upgrade_of_debian_explains_itself(
    new_project: Callable[[str], Project], token: str
) -> None:
    project = new_project("plain")
    plan = (ROOT / "tests" / "plain" / "cron" / "upgrade.toml").read_text(encoding="utf-8")
    project.write("upgrade.toml", plan.replace('"plain-cron"', f'"plain-cron-{token}"'))
    shutil.copy(ROOT / "images" / "debian-11.toml", project.folder / "images")
    shutil.copy(ROOT / "suites" / "test_unexplained_changes.py", project.folder)
    with project.started("pytest", "--upgradeproof-cell=debian-12-amd64.container*") as process:
        output, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, output
    (cell,) = (cell for cell in project.result().cells if cell.selected)
    changes = state_of(cell, "upgraded").changes
    sources = Counter(change.source for change in changes)
    assert sources["known"] > 10, sources
    assert sources["package"] > 100, sources
    assert {change.known_for for change in changes} == {"", "Debian 12 -> 13"}
    assert {"upgraded", "installed as a dependency", "replaced"} <= {c.kind for c in changes}
