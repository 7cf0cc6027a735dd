"""A declared check that does not exist never fails: it is an error before a machine starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.defects.runs import ACTIVE, DATA, Pytest, project, words
from tests.unit.plugin.project import AMD64, ARM64
from upgradeproof.defects.catalogue import choose
from upgradeproof.defects.declared import collect, require_declared_checks
from upgradeproof.errors import HarnessError, PlanError

GOOD = 'detected_by = ["test_services::test_service_is_active*thingd*"]'


def test_a_plan_is_collected_once_for_all_its_cells(tmp_path: Path) -> None:
    pytest_ = Pytest()
    require_declared_checks(choose(project(tmp_path, bad=GOOD, worse=GOOD)).trials, pytest_)
    (argv,) = pytest_.commands
    assert words(argv, "--upgradeproof-cell") == [AMD64, ARM64]
    assert words(argv, "upgradeproof_plans") == [str(tmp_path / "upgrade.toml")]


def test_defects_with_a_rollback_have_more_checks(tmp_path: Path) -> None:
    pytest_ = Pytest()
    home = project(tmp_path, bad=GOOD, back=f"{GOOD}\nwith_rollback = true", worse=GOOD)
    require_declared_checks(choose(home).trials, pytest_)
    injected = [
        Path(path).stem for argv in pytest_.commands for path in words(argv, "upgradeproof_defect")
    ]
    assert injected == ["back", "bad"]


def test_checks_are_collected_by_cell(tmp_path: Path) -> None:
    found = collect(choose(project(tmp_path, bad=GOOD)).trials, Pytest())
    assert found == {AMD64: {ACTIVE, DATA}, ARM64: {ACTIVE, DATA}}


def test_an_unknown_check_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    keys = 'detected_by = ["test_services::test_service_is_actve*thingd*"]\ncells = ["*-amd64.*"]'
    home = project(tmp_path, bad=keys, good=GOOD)
    with pytest.raises(PlanError) as caught:
        require_declared_checks(choose(home).trials, Pytest())
    assert str(caught.value) == (
        f"{tmp_path}/defects/bad.toml: `detected_by` names "
        "'test_services::test_service_is_actve*thingd*', which fits no check of "
        f"{AMD64}; did you mean '{ACTIVE}'?\n"
        "To do: `pytest --collect-only -q --upgradeproof-cell=...` prints the checks of a cell; "
        "those that boot a machine again are not run with defects, those of `rolled_back` only "
        "with `with_rollback`, those of loads only with `with_load`"
    )


def test_one_error_names_every_unknown_check(tmp_path: Path) -> None:
    keys = 'detected_by = ["test_x::*", "test_services::*"]'
    home = project(tmp_path, bad=keys, worse='detected_by = ["test_y::*"]')
    with pytest.raises(PlanError) as caught:
        require_declared_checks(choose(home, (), ["*-amd64.*"]).trials, Pytest())
    assert ("'test_x::*'" in caught.value.brief, caught.value.details.count("'test_y::*'")) == (
        True,
        1,
    )
    assert "test_services::*" not in str(caught.value).replace(ACTIVE, "")


def test_a_defect_that_stops_the_upgrade_needs_no_check(tmp_path: Path) -> None:
    home = project(tmp_path, bad='stop_reason = "the step * failed*"')
    require_declared_checks(choose(home).trials, Pytest(checks=(), collection_status=5))


def test_the_error_of_a_failed_collection_has_pytests_output(tmp_path: Path) -> None:
    home = project(tmp_path, bad=GOOD)
    with pytest.raises(HarnessError) as caught:
        require_declared_checks(choose(home).trials, Pytest(collection_status=2))
    assert caught.value.brief == "the checks of thing can't be collected: pytest ended with 2"
    assert "4 tests collected" in caught.value.details
