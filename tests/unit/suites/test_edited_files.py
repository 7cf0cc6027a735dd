"""The checks of what an administrator edited, and a package brings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

import suites.test_config_formats as suite
from tests.unit.suites.states import state
from upgradeproof.probes import Facts, Record
from upgradeproof.probes.conffiles import Conffile
from upgradeproof.probes.edited_files import EditedFile
from upgradeproof.probes.file_records import ROOT, File
from upgradeproof.probes.packages import Package
from upgradeproof.runner import State
from upgradeproof.runner.judging import judge

INI, PAGE = "/opt/acmed/tuning.ini", "/usr/share/acmed/index.html"
UNIT = "/usr/lib/systemd/system/acmed.service"
REPLACED = "is as the package brings it now"
Check = Callable[[State, State], None]


def facts(
    version: str,
    edited: Mapping[str, str],
    there: Mapping[str, str],
    conffiles: Mapping[str, Record] | None = None,
) -> Facts:
    """Return facts with edited files and their sums, and the files that the walk shows."""
    root = File(type="directory", ordinary=(UNIT,) if UNIT in there else ())
    files = {path: File(type="file", sha256=sum_) for path, sum_ in there.items() if path != UNIT}
    status = "install ok installed" if version else "deinstall ok config-files"
    return Facts(
        {
            "packages": {"acmed": Package(version=version or "1", state=status)},
            "files": {ROOT: root, **files},
            "conffiles": conffiles or {},
            "edited_files": {
                path: EditedFile(package="acmed", md5=md5) for path, md5 in edited.items()
            },
        }
    )


def message(check: Check, was: Facts, now: Facts, **plan: Any) -> str:
    """Return what a check reports, or ""."""
    sound = state(**plan)
    changes = judge(sound.cell, "upgraded", was, now)
    before, after = (
        State(name, sound.cell, sound.fidelity, found, lines, 0.0, (), lambda: sound.machine)
        for name, found, lines in (("installed", was, ()), ("upgraded", now, changes))
    )
    try:
        check(before, after)
    except AssertionError as error:
        return str(error).partition("\nassert")[0]
    return ""


def lost(was: Facts, now: Facts, **plan: Any) -> str:
    return message(suite.test_edit_of_a_package_file_is_preserved, was, now, **plan)


@pytest.mark.parametrize(
    ("path", "edited", "there", "fate"),
    [
        (INI, {INI: "b"}, {INI: "2"}, "has another content now"),
        (INI, {}, {INI: "2"}, REPLACED),
        (INI, {}, {}, "is gone"),
        (UNIT, {}, {UNIT: ""}, REPLACED),
        (UNIT, {}, {}, "is gone"),
        (PAGE, {}, {}, f"{REPLACED}, or is gone"),
    ],
)
def test_an_edit_that_is_lost_is_reported(
    path: str, edited: dict[str, str], there: dict[str, str], fate: str
) -> None:
    was = facts("1", {path: "a"}, {} if path == PAGE else {path: "1"})
    found = lost(was, facts("2", edited, there))
    assert found == f"{path} of acmed had been edited, and {fate}"


@pytest.mark.parametrize(
    "now",
    [
        facts("2", {INI: "a"}, {INI: "1"}),
        facts("2", {}, {INI: "1"}),
        facts("2", {}, {INI: "2"}, {INI: Conffile(package="acmed", state="modified", md5="a")}),
        facts("", {}, {}),
    ],
    ids=["same", "brought by the package now", "conffile now", "package removed"],
)
def test_an_edit_that_is_not_lost_is_no_failure(now: Facts) -> None:
    assert lost(facts("1", {INI: "a"}, {INI: "1"}), now) == ""


@pytest.mark.parametrize("path", [f"files/{INI}/sha256", f"edited_files/{INI}"])
def test_a_declared_change_is_no_failure(path: str) -> None:
    declared = {"change": [{"facts": [path], "reason": "the new release has other settings"}]}
    was, now = facts("1", {INI: "a"}, {INI: "1"}), facts("2", {}, {INI: "2"})
    assert lost(was, now, expect=declared) == ""


def test_a_migrated_file_is_no_failure() -> None:
    config = {"path": INI, "format": "ini", "change": "migrated", "preserved_keys": ["a"]}
    was, now = facts("1", {INI: "a"}, {INI: "1"}), facts("2", {}, {INI: "2"})
    assert lost(was, now, expect={"config": [config]}) == ""
    reason_for = state(expect={"config": [config]}).cell.expect.reason_for
    declared = f"the plan declares {INI} as migrated"
    paths = (f"edited_files/{INI}", f"edited_files/{INI}/md5", f"edited_files/{INI}.old")
    assert [reason_for(path) for path in paths] == [declared, declared, None]


def test_a_file_that_a_step_of_the_upgrade_writes_is_no_failure() -> None:
    step = {"step": "copy", "source": "tuning.ini", "path": INI}
    was, now = facts("1", {INI: "a"}, {INI: "1"}), facts("2", {INI: "b"}, {INI: "2"})
    assert lost(was, now, upgrade=[step]) == ""
    reason_for = state(upgrade=[step]).cell.reason_for
    written = "the step copy of the upgrade writes this file"
    assert reason_for("upgraded", f"edited_files/{INI}") == written
    assert reason_for("upgraded", f"edited_files/{INI}/md5") == written


def test_an_edited_conffile_of_a_removed_package_is_read_by_nothing() -> None:
    conffile = {"/etc/acmed.conf": Conffile(package="acmed", state="modified", md5="a")}
    was = facts("1", {}, {"/etc/acmed.conf": "1"}, conffile)
    now = facts("", {}, {"/etc/acmed.conf": "1"})
    assert message(suite.test_edit_of_a_conffile_is_preserved, was, now) == (
        "/etc/acmed.conf is still on the disk, and its package acmed is removed: nothing reads it"
    )
