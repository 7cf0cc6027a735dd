"""A service still runs the programs that the administrator makes it run, such as a supervisor's."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from upgradeproof.probes.endurance import Endurance
from upgradeproof.probes.file_records import File
from upgradeproof.probes.files import Files
from upgradeproof.probes.references import References
from upgradeproof.runner import State

LINES = 12
"""Of what the service wrote to its logs last."""
SOURCES = frozenset({".jar", ".js", ".php", ".pl", ".py", ".rb", ".sh"})
"""What an interpreter runs also where it is not executable."""
SHELLS = "/etc/shells"
"""The list of shells: any job may run one of these at the moment."""


def named(state: State) -> set[str]:
    """Return what the administrator's files name and is there, without what runs any script."""
    references = state[References].values()
    interpreters = {r.name for r in references if r.kind == "interpreter" or r.file == SHELLS}
    return {r.target or r.name for r in references if r.resolves and r.name not in interpreters}


def is_program(path: str, file: File | None) -> bool:
    """Return whether a file is more than an argument, such as the path of a configuration."""
    return file is None or bool(file.bits & 0o111) or PurePosixPath(path).suffix in SOURCES


@pytest.mark.follows("test_services::*_active*", "test_reboot::*_active*", "test_libraries::*")
def test_service_runs_the_programs_that_it_ran(installed_rebooted: State, rebooted: State) -> None:
    """What a process runs only now and then does not count; one that starts again and again fails.

    Judged are files of no package, and those that a file of the administrator names. What names a
    program that is gone is another check.
    """
    before, after = installed_rebooted[Endurance], rebooted[Endurance]
    if not any(stay.programs for stay in before.values()):
        pytest.skip("no service of the plan ran a program all the time before the upgrade")
    chosen = named(installed_rebooted) & named(rebooted)
    chosen |= {path for path, file in rebooted[Files].items() if not file.package}
    chosen = {path for path in chosen if is_program(path, rebooted[Files].get(path))}
    renamed = {u.before: u.after for u in rebooted.cell.expect.units if u.before and u.after}
    lost = [
        "\n  ".join([f"{unit} ran {program} all the time, and does not now:", *now.wrote[-LINES:]])
        for unit, was in before.items()
        if (now := after.get(renamed.get(unit, unit)))
        if now.active == "active" and was.active == "active"
        for program in sorted({*was.programs} - {*now.programs, *now.new_programs})
        if program in chosen and not rebooted.reason_for(f"endurance/{unit}/programs")
    ]
    assert not lost, "\n".join(lost)
