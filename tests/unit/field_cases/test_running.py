"""The command runs, judges, counts and reports cases and their twins."""

import io
import json
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.command_line import Command, upgradeproof
from tests.unit.defects.runs import BROKEN, PASSED, STEPS, Pytest, cell, check, done, state
from tests.unit.field_cases.catalogues import catalogue
from tests.unit.runner import world
from tests.unit.runner.fakes import IMAGE, FolderMachine
from upgradeproof import runner
from upgradeproof.command import Completed
from upgradeproof.field_cases import Report, try_cases
from upgradeproof.field_cases.catalogue import SHOWS
from upgradeproof.home import Home
from upgradeproof.machines import MachineSpec
from upgradeproof.probes import Facts
from upgradeproof.results import Cell, Check, Fidelity, State

__all__ = ["upgradeproof"]

ROOT = Path(__file__).parents[3]
DATA = "test_data::test_data_written_before_is_read_after[note]"
CELL = "example-1-amd64.container.{}-1-to-2"
GONE = check(DATA, reason="the note is gone")
OTHER = check(DATA, reason="something else")


Results = dict[tuple[str, str], Cell | Callable[[], Completed]]


def tried(home: Home, pytest: Pytest, *globs: str) -> tuple[Report, str]:
    out = io.StringIO()
    found = try_cases(home, globs, workers=1, out=out, run=pytest, clear_up=lambda: None)
    return found, out.getvalue()


def results(*parts: Check | State, name: str) -> Results:
    return {("", CELL.format(name)): cell(*parts, name=CELL.format(name))}


def test_a_case_is_caught_and_its_twin_has_no_false_alarm(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha")
    pytest = Pytest(results(GONE, state("upgraded"), name="alpha"))
    report, text = tried(home, pytest)
    assert report.good
    assert [each.result for each in report.cases] == ["caught"]
    assert "field cases: caught 1 of 1 (wanted: 1)\nfalse alarms: 0 in 1 good twin" in text
    assert "the note is gone" in text


def test_a_failure_counts_only_if_all_of_its_variants_are_caught(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha", "beta", case="C1")
    pytest = Pytest({**results(GONE, name="alpha"), **results(OTHER, name="beta")})
    report, text = tried(home, pytest)
    assert [each.result for each in report.cases] == ["caught", "by_chance"]
    assert [(group.caught, group.failures) for group in report.groups] == [(0, 1)]
    assert "red by chance: beta" in text
    assert not report.good


def test_a_case_that_no_check_notices_is_missed(tmp_path: Path) -> None:
    report, text = tried(catalogue(tmp_path, "alpha"), Pytest())
    assert [each.result for each in report.cases] == ["missed"]
    assert "missed: alpha" in text


def test_a_failed_twin_is_a_false_alarm(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha")
    pytest = Pytest({**results(GONE, name="alpha"), **results(OTHER, name="good")})
    report, text = tried(home, pytest)
    assert report.false_alarms == 1
    assert not report.good
    assert "something else" in text


def test_a_fault_that_does_not_show_proves_nothing(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha", shows="false")
    shown = check(
        "test_fault_shows::test_fault_shows_after_the_upgrade",
        reason="the fault of this case does not show",
    )
    pytest = Pytest(results(GONE, shown, name="alpha"))
    report, _ = tried(home, pytest)
    assert [each.result for each in report.cases] == ["not_reproduced"]
    assert pytest.commands[-1][-1] == str(tmp_path / "field-cases" / "test_fault_shows.py")


FAULT = "test_fault_shows::test_fault_shows_after_the_upgrade"


@pytest.mark.parametrize(
    ("found", "result", "reason"),
    [
        ([check(FAULT, PASSED)], "missed", ""),
        (
            [check(FAULT, BROKEN, "the machine is gone")],
            "unknown",
            "test_fault_shows_after_the_upgrade: the machine is gone",
        ),
        (
            [check(DATA, PASSED)],
            "unknown",
            "test_fault_shows.py did not run: it is not known whether the fault shows",
        ),
    ],
)
def test_a_case_is_missed_only_if_its_fault_shows(
    tmp_path: Path, found: list[Check], result: str, reason: str
) -> None:
    home = catalogue(tmp_path, "alpha", shows="false")
    report, text = tried(home, Pytest(results(*found, name="alpha")))
    assert [(each.result, each.problem) for each in report.cases] == [(result, reason)]
    assert f"{result}: alpha" in text
    assert not report.good


def test_the_script_of_a_case_states_whether_its_fault_shows(tmp_path: Path) -> None:
    catalogue(tmp_path, "alpha", shows="test -e note")
    sound = world.cell(tmp_path / "field-cases" / "alpha")
    spec = MachineSpec(snapshot=IMAGE, name="alpha", architecture="amd64")
    fidelity = Fidelity(kernel="own", execution="native", boot="own")
    machine = FolderMachine(spec, tmp_path, fidelity)
    of = runner.State("upgraded", sound, fidelity, Facts({}), (), 0.0, (), lambda: machine)
    shows = runpy.run_path(str(ROOT / "field-cases" / SHOWS))["shows"]
    assert not shows(of)
    (tmp_path / "note").touch()
    assert shows(of)


def test_a_run_that_leaves_no_result_is_broken(tmp_path: Path) -> None:
    def nothing() -> Completed:
        return done("no machine", 4)

    home = catalogue(tmp_path, "alpha")
    report, _ = tried(home, Pytest({("", CELL.format("alpha")): nothing}))
    assert [each.result for each in report.cases] == ["broken"]
    assert "pytest ended with 4" in report.cases[0].problem


def test_a_bad_release_is_its_plan_with_a_defect(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha")
    (tmp_path / "field-cases" / "alpha" / "defect.toml").write_text(
        f'title = "t"\ndescription = "w"\ndetected_by = ["*"]\n{STEPS}'
    )
    pytest = Pytest({("defect", CELL.format("alpha")): cell(GONE, name=CELL.format("alpha"))})
    report, _ = tried(home, pytest)
    assert [each.result for each in report.cases] == ["caught"]


def test_the_report_is_written_as_json(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha")
    pytest = Pytest(results(GONE, check("x", PASSED), name="alpha"))
    report, _ = tried(home, pytest)
    written = json.loads((home.reports / "field-cases.json").read_text())
    assert written["groups"] == [{"name": "", "caught": 1, "failures": 1, "wanted": 1}]
    assert (
        Report.model_validate(
            {key: value for key, value in written.items() if key not in ("groups", "false_alarms")}
        )
        == report
    )


def test_the_command_names_a_glob_that_fits_nothing(upgradeproof: Command, tmp_path: Path) -> None:
    catalogue(tmp_path, "alpha")
    done = upgradeproof("field-cases", "omega")
    assert done.status == 2
    assert "no case fits 'omega'" in done.err
