"""The whole detection with a fake pytest: printed lines, numbers and the record."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.defects.runs import (
    ACTIVE,
    BROKEN,
    DATA,
    FAILED,
    NEVER,
    PASSED,
    Pytest,
    cell,
    check,
    done,
    project,
    state,
)
from tests.unit.plugin.project import AMD64, ARM64
from upgradeproof.command import Completed
from upgradeproof.defects import Detection, detect
from upgradeproof.defects.table import WIDTH
from upgradeproof.errors import HarnessError, MachineError
from upgradeproof.home import Home
from upgradeproof.results import Verdict

KEYS = 'detected_by = ["test_services::test_service_is_active*"]'
SEEN = cell(check(ACTIVE, FAILED, "thingd is dead\nlong"), check(DATA, PASSED), state("upgraded"))


def tried(home: Home, pytest_: Pytest, *globs: str, workers: int = 1) -> tuple[Detection, str]:
    """Return the detection, and the printed text without its times."""
    out = io.StringIO()
    found = detect(home, (), globs, workers=workers, out=out, run=pytest_, clear_up=lambda: None)
    return found, re.sub(r"\([0-9.]+ m?s\)", "(T)", out.getvalue())


def record(home: Home) -> Any:
    return json.loads((home.reports / "defects.json").read_text(encoding="utf-8"))


def test_the_output_of_a_caught_catalogue_ends_with_both_numbers(tmp_path: Path) -> None:
    home = project(tmp_path, bad=KEYS)
    both = {("bad", name): SEEN.model_copy(update={"id": name}) for name in (AMD64, ARM64)}
    found, printed = tried(home, Pytest(both), workers=2)
    assert found.good
    assert printed.splitlines()[-2:] == [
        "caught 2 of 2 (1 defect on 2 platforms)",
        "false alarms: 0 in 2 good cells",
    ]
    assert f"good: {AMD64}: no false alarm (T)" in printed.splitlines()
    assert f"caught: bad in {ARM64} (T)" in printed.splitlines()


def test_good_cells_run_before_the_defects(tmp_path: Path) -> None:
    pytest_ = Pytest()
    tried(project(tmp_path, bad=KEYS, worse=KEYS), pytest_, "*-amd64.*")
    assert pytest_.trials == [("", AMD64), ("bad", AMD64), ("worse", AMD64)]


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (KEYS, "not (destructive and own_kernel) and not load"),
        (f"with_load = true\n{KEYS}", "not (destructive and own_kernel)"),
    ],
)
def test_a_trial_leaves_out_only_what_takes_minutes(tmp_path: Path, keys: str, chosen: str) -> None:
    pytest_ = Pytest()
    tried(project(tmp_path, bad=keys), pytest_, "*-amd64.*")
    asked = {
        argv[list(argv).index("-m", 3) + 1]
        for argv in pytest_.commands
        if "upgradeproof_defect" in str(argv)
    }
    assert asked == {chosen}


def test_a_defect_that_no_check_sees_is_a_failure(tmp_path: Path) -> None:
    found, printed = tried(project(tmp_path, bad=KEYS), Pytest(), "*-amd64.*")
    assert not found.good
    assert f"NOT caught: bad in {AMD64} (T)" in printed.splitlines()
    assert "MISSED BY test_services::test_service_is_active*" in printed
    assert "caught 0 of 1 (1 defect on 1 platform)" in printed.splitlines()


def test_a_defect_that_another_check_sees_is_a_failure(tmp_path: Path) -> None:
    other = cell(check(ACTIVE), check(DATA, FAILED, "no note"), state("upgraded"))
    found, printed = tried(
        project(tmp_path, bad=KEYS), Pytest({("bad", AMD64): other}), "*-amd64.*"
    )
    assert (found.good, found.trials[0].verdict) == (False, "not_caught")
    assert f"UNRELATED {DATA}\n" in printed


def test_of_a_good_cell_that_the_harness_could_not_build_nothing_is_known(tmp_path: Path) -> None:
    gone = state("upgraded", BROKEN, "QEMU ended while box booted")
    lost = cell(check(ACTIVE, PASSED), gone)
    found, _ = tried(
        project(tmp_path, bad=KEYS), Pytest({("bad", AMD64): SEEN, ("", AMD64): lost}), "*-amd64.*"
    )
    (good,) = found.good_cells
    assert (found.good, good.verdict, good.false_alarms) == (False, "broken", ())
    assert good.problem == "upgraded was not reached: QEMU ended while box booted"


@pytest.mark.parametrize("verdict", [FAILED, BROKEN])
def test_a_false_alarm_is_a_failure(tmp_path: Path, verdict: object) -> None:
    home = project(tmp_path, bad=KEYS)
    loud = check(DATA).model_copy(update={"verdict": verdict, "reason": "a reason"})
    good = cell(loud, check(ACTIVE, PASSED), state("upgraded"))
    found, printed = tried(home, Pytest({("bad", AMD64): SEEN, ("", AMD64): good}), "*-amd64.*")
    assert (found.good, found.totals.caught, found.totals.false_alarms) == (False, 1, 1)
    assert f"FALSE ALARM: {AMD64} (T)" in printed.splitlines()
    assert "  a reason\n" in printed
    assert printed.splitlines()[-1] == "false alarms: 1 in 1 good cell"


def test_a_good_cell_in_which_a_check_never_ran_is_not_good(tmp_path: Path) -> None:
    quiet = cell(check(ACTIVE, PASSED), check(DATA, NEVER, "no program"), state("upgraded"))
    found, printed = tried(
        project(tmp_path, bad=KEYS), Pytest({("", AMD64): quiet, ("bad", AMD64): SEEN}), "*-amd64.*"
    )
    assert (found.good, found.good_cells[0].verdict) == (False, "broken")
    assert f"    {DATA} never ran: no program" in printed.splitlines()


def test_a_good_cell_in_which_no_check_passed_is_not_good(tmp_path: Path) -> None:
    left_out = cell(check(ACTIVE, Verdict.NOT_APPLICABLE, "no kernel"), state("upgraded"))
    home = project(tmp_path, bad=KEYS)
    found, printed = tried(home, Pytest({("", AMD64): left_out, ("bad", AMD64): SEEN}), "*-amd64.*")
    assert (found.good, found.good_cells[0].verdict) == (False, "broken")
    assert "    not one of its checks passed: a silence that proves nothing" in printed.splitlines()


def crashed() -> Completed:
    return done("INTERNALERROR> \x1b[2Jsomething\nlast words", 3)


def refused() -> Completed:
    raise MachineError("python is not installed")


def test_a_trial_without_a_result_is_broken_and_loses_no_other(tmp_path: Path) -> None:
    home = project(tmp_path, bad=KEYS, worse=KEYS)
    found, printed = tried(
        home, Pytest({("bad", AMD64): crashed, ("worse", AMD64): SEEN}), "*-amd64.*"
    )
    assert [each.verdict for each in found.trials] == ["broken", "caught"]
    lines = printed.splitlines()
    at = lines.index(f"broken: bad in {AMD64} (T)")
    assert lines[at + 1].startswith("    pytest ended with 3 and left no result: ")
    assert lines[at + 2 : at + 4] == ["    INTERNALERROR> \ufffd[2Jsomething", "    last words"]
    assert "broken: of 1 run nothing is known" in lines
    assert lines[-2] == "caught 1 of 2 (2 defects on 1 platform)"


def test_the_result_of_an_earlier_trial_is_never_used(tmp_path: Path) -> None:
    home = project(tmp_path, bad=KEYS)
    assert tried(home, Pytest({("bad", AMD64): SEEN}), "*-amd64.*")[0].good
    found, _ = tried(home, Pytest({("bad", AMD64): crashed}), "*-amd64.*")
    assert found.trials[0].verdict == "broken"


def test_a_pytest_that_can_not_be_run_is_a_broken_trial(tmp_path: Path) -> None:
    found, printed = tried(
        project(tmp_path, bad=KEYS), Pytest({("bad", AMD64): refused}), "*-amd64.*"
    )
    assert found.trials[0].problem == "python is not installed"
    assert "    python is not installed" in printed.splitlines()


def test_a_defect_whose_state_we_failed_to_reach_is_broken_not_missed(tmp_path: Path) -> None:
    lost = cell(check(ACTIVE, BROKEN, "no engine"), state("installed", BROKEN, "no engine"))
    found, _ = tried(project(tmp_path, bad=KEYS), Pytest({("bad", AMD64): lost}), "*-amd64.*")
    assert (found.trials[0].verdict, found.trials[0].missed) == ("broken", ())


def test_a_run_without_a_check_proves_nothing(tmp_path: Path) -> None:
    found, _ = tried(project(tmp_path, bad=KEYS), Pytest({("", AMD64): cell()}), "*-amd64.*")
    assert found.good_cells[0].problem == "pytest ran no check of this cell"


def test_defects_that_no_chosen_cell_shows_are_counted(tmp_path: Path) -> None:
    home = project(tmp_path, bad=KEYS, slow=f'{KEYS}\ncells = ["*-arm64.*"]')
    found, printed = tried(home, Pytest({("bad", AMD64): SEEN}), "*-amd64.*")
    assert found.good
    assert "not tried here: 1 defect, which no chosen cell shows" in printed.splitlines()
    assert record(home)["left_out"] == ["slow"]


def test_the_record_has_everything(tmp_path: Path) -> None:
    home = project(tmp_path, bad=KEYS)
    found, _ = tried(home, Pytest({("bad", AMD64): SEEN}), "*-amd64.*")
    assert Detection.model_validate_json((home.reports / "defects.json").read_bytes()) == found
    recorded = record(home)
    assert recorded["totals"] == {
        "caught": 1,
        "trials": 1,
        "defects": 1,
        "platforms": 1,
        "false_alarms": 0,
        "good_cells": 1,
        "broken": 0,
        "not_run": 0,
    }
    (trial,) = recorded["trials"]
    assert trial.pop("duration_s") >= 0
    assert trial == {
        "product": "thing",
        "defect": "bad",
        "title": "About bad",
        "cell": AMD64,
        "platform": "example-1-amd64.container",
        "verdict": "caught",
        "detected_by": [{"id": ACTIVE, "error": "thingd is dead"}],
        "missed": [],
        "unrelated": [],
        "problem": "",
    }
    assert [path.name for path in home.reports.glob("*.part")] == []


def test_a_record_that_can_not_be_written_is_an_error_before_any_run(tmp_path: Path) -> None:
    home, pytest_ = project(tmp_path, bad=KEYS), Pytest()
    (tmp_path / "reports").touch()
    with pytest.raises(HarnessError) as caught:
        tried(home, pytest_)
    assert caught.value.brief.endswith("reports/out/defects.json can't be written: Not a directory")
    assert pytest_.trials == []


def interrupted() -> Completed:
    raise KeyboardInterrupt


def test_what_was_found_before_an_interruption_is_printed_and_recorded(tmp_path: Path) -> None:
    home = project(tmp_path, bad=KEYS, worse=KEYS)
    pytest_ = Pytest({("bad", AMD64): SEEN, ("worse", AMD64): interrupted})
    found, printed = tried(home, pytest_, "*-amd64.*")
    assert (found.good, [each.verdict for each in found.trials]) == (False, ["caught", "not_run"])
    assert printed.splitlines()[-3:] == [
        "interrupted: 1 run of all did not come to an end",
        "caught 1 of 2 (2 defects on 1 platform)",
        "false alarms: 0 in 1 good cell",
    ]
    assert record(home)["totals"]["not_run"] == 1


def test_no_output_of_a_machine_makes_the_table_unreadable(tmp_path: Path) -> None:
    hostile = "[bold red]\x1b]0;title\x07 [/]" + "long " * 100
    loud = cell(check(ACTIVE, FAILED, hostile), state("upgraded"))
    _, printed = tried(project(tmp_path, bad=KEYS), Pytest({("bad", AMD64): loud}), "*-amd64.*")
    assert "[bold red]\ufffd]0;title\ufffd" in printed
    assert "[/]long" in printed
    assert not any(ord(letter) < 32 for letter in printed.replace("\n", ""))
    assert max(map(len, printed.splitlines())) <= WIDTH
    assert printed.count("long") < 60 < hostile.count("long")


def test_the_table_has_a_line_for_each_platform_below_its_defect(tmp_path: Path) -> None:
    home = project(tmp_path, bad=KEYS)
    _, printed = tried(home, Pytest({("bad", AMD64): SEEN}))
    lines = re.sub(r" +[0-9.]+ m?s +", " T ", printed).splitlines()
    at = lines.index("bad: About bad")
    assert [" ".join(line.split()) for line in lines[at + 1 :]] == [
        f"example-1-amd64.container caught T {ACTIVE}",
        "thingd is dead",
        "example-1-arm64.container NOT caught T MISSED BY test_services::test_service_is_active*",
        "",
        "good cells, without a defect",
        "example-1-amd64.container good T thing-1-to-2: 2 checks",
        "example-1-arm64.container good T thing-1-to-2: 2 checks",
        "",
        "caught 1 of 2 (1 defect on 2 platforms)",
        "false alarms: 0 in 2 good cells",
    ]
