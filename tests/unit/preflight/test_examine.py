"""All findings of a machine: their order, the plan's codes and decisions, and the final error."""

from __future__ import annotations

from pathlib import Path

import pytest

import upgradeproof.preflight
from tests.unit.preflight.situations import Read, found, package, situation
from upgradeproof.errors import InhibitedError
from upgradeproof.preflight import examine, stop
from upgradeproof.preflight.base import every_check
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.resources import Given, Resources
from upgradeproof.results import Verdict

HELD: Read = {
    Packages: {
        "thing": package("1.0", "hold ok installed"),
        "other": package("5", "hold ok installed"),
    },
    Resources: {"given": Given(cores=2)},
}
CORES = {"cores": {"min": 4}}


def test_a_machine_without_problems_has_no_findings() -> None:
    assert found() == []


def test_every_file_of_the_package_is_a_check() -> None:
    folder = Path(upgradeproof.preflight.__file__).parent / "checks"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files <= set(every_check())


def test_findings_are_sorted_by_severity() -> None:
    examined = examine(situation(HELD, preflight=CORES))
    assert [(f.severity, f.id) for f in examined] == [
        ("inhibitor", "held/thing"),
        ("high", "cores"),
        ("info", "held/other"),
    ]


def test_the_plan_assigns_codes_by_glob() -> None:
    examined = examine(situation(HELD, preflight={"codes": {"held/*": "E7", "*": "E8"}, **CORES}))
    assert [f.code for f in examined] == ["E7", "E8", "E7"]


def test_a_finding_has_its_decision_and_an_inhibitor_still_stops_the_upgrade() -> None:
    accept = [{"findings": ["*"], "reason": "it is only a test"}]
    examined = examine(situation(HELD, preflight={"accept": accept, **CORES}))
    assert [f.accepted for f in examined] == ["", "it is only a test", "it is only a test"]
    with pytest.raises(InhibitedError):
        stop(situation(HELD), examined)


def test_without_an_inhibitor_the_upgrade_continues() -> None:
    examined = examine(situation({Resources: {"given": Given(cores=2)}}, preflight=CORES))
    stop(situation(), examined)
    assert [f.severity for f in examined] == ["high"]


def test_the_error_lists_every_inhibitor_with_code_and_remedy() -> None:
    read = {**HELD, Resources: {"given": Given(cores=2)}}
    asked = {"cores": {"min": 4, "severity": "inhibitor"}, "codes": {"cores": "E1203"}}
    before = situation(read, preflight=asked)
    with pytest.raises(InhibitedError) as caught:
        stop(before, examine(before))
    assert str(caught.value) == (
        "the preflight stops the upgrade to 2: E1203 2 processor cores, where 4 are required"
        " (and 1 more)\n"
        "E1203 2 processor cores, where 4 are required\n"
        "  With less, the new release is not supported, and may be slow or fail.\n"
        "  To do: give the machine 4 processor cores\n"
        "the package thing is held at 1.0\n"
        "  2 needs thing 2.*, and APT does not upgrade a held package.\n"
        "  To do: apt-mark unhold thing\n"
        "To do: fix this on the machine, then upgrade; nothing was changed"
    )
    assert Verdict.of(caught.value) is Verdict.FAILED
