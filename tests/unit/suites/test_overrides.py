"""The check of what dpkg-statoverride sets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suites.test_overrides import test_override_of_owner_and_mode_still_holds as check
from tests.unit.suites.states import state
from tests.unit.suites.test_whole_machine import expecting
from upgradeproof.plan import Cell
from upgradeproof.probes import Facts
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.overrides import Override
from upgradeproof.runner import State

SOUND = state()
SU = Override(
    owner="root",
    group="adm",
    mode="4750",
    file_owner="root",
    file_group="adm",
    file_mode="4750",
)


def having(version: str = "12", **override: str) -> State:
    system = OperatingSystem(state="running", id="os", version=version)
    found = {"/bin/su": SU.model_copy(update=override)}
    return replace(SOUND, facts=Facts({"overrides": found, "system": {"system": system}}))


def without(version: str = "12") -> State:
    sections = having(version).facts.sections
    return replace(SOUND, facts=Facts({**sections, "overrides": {}}))


def failure(after: State, before: State | None = None) -> str:
    """Return the message of the check, empty where it passes."""
    try:
        check(before or having(), after)
    except AssertionError as error:
        return str(error).partition("\nassert")[0]
    return ""


def test_another_mode_or_owner_is_reported_with_what_is_set() -> None:
    assert failure(having(file_mode="4755", file_group="root")) == (
        "dpkg-statoverride sets 4750 root:adm for /bin/su, and the file has 4755 root:root"
    )


def test_an_override_that_the_upgrade_changed_is_reported_with_both() -> None:
    changed = {"group": "root", "file_group": "root"}
    assert failure(having(**changed)) == (
        "dpkg-statoverride sets 4750 root:root for /bin/su, and the file has 4750 root:root;"
        " it set 4750 root:adm before"
    )


@pytest.mark.parametrize(("version", "reported"), [("12", True), ("13", False)])
def test_only_an_upgrade_of_the_distribution_may_drop_an_override(
    version: str, *, reported: bool
) -> None:
    message = "dpkg-statoverride set 4750 root:adm for /bin/su, and has no entry now"
    assert failure(without(version)) == (message if reported else "")


def test_what_holds_or_did_not_hold_before_or_has_no_file_passes() -> None:
    assert failure(having()) == ""
    assert failure(having(file_mode="", file_owner="", file_group="")) == ""
    assert failure(having(file_mode="4755"), before=having(file_mode="4755")) == ""


def test_the_plan_may_expect_another_mode() -> None:
    expect = expecting("overrides//bin/su/mode")
    plan = SOUND.cell.plan.model_copy(update={"expect": expect})
    cell = Cell(plan, SOUND.cell.upgrade, SOUND.cell.platform)
    assert failure(replace(having(file_mode="4755"), cell=cell)) == ""
