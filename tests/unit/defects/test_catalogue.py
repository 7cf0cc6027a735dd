"""Each defect is tried on each platform in the first cell that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.defects.runs import project
from tests.unit.plugin.project import AMD64, ARM64, WITH_ROLLBACK
from upgradeproof.defects.catalogue import Catalogue, choose
from upgradeproof.errors import PlanError
from upgradeproof.home import Home

CAUGHT = 'detected_by = ["test_a::*"]'
LONGER = "example-1-amd64.container.thing-1-to-3"


def ids(catalogue: Catalogue) -> list[tuple[str, str]]:
    return [(trial.defect, trial.cell.id) for trial in catalogue.trials]


def two_upgrades(folder: Path, **defects: str) -> Home:
    home = project(folder, **defects)
    plan = folder / "upgrade.toml"
    plan.write_text(plan.read_text(encoding="utf-8") + WITH_ROLLBACK, encoding="utf-8")
    return home


def test_each_platform_has_a_trial_in_the_first_cell_that_shows_the_defect(tmp_path: Path) -> None:
    home = two_upgrades(tmp_path, bad=CAUGHT, late=f'{CAUGHT}\ncells = ["*-1-to-3"]')
    assert ids(choose(home)) == [("bad", AMD64), ("bad", ARM64), ("late", LONGER)]


def test_a_cell_with_an_override_shows_the_defects_of_its_product(tmp_path: Path) -> None:
    home = project(tmp_path, bad=CAUGHT)
    plan = tmp_path / "upgrade.toml"
    override = '\n[[override]]\nselect = ["*"]\nready_timeout_s = 7\n'
    plan.write_text(plan.read_text(encoding="utf-8") + override, encoding="utf-8")
    assert ids(choose(home)) == [("bad", AMD64), ("bad", ARM64)]


def test_a_glob_moves_the_trial_to_another_cell_of_the_platform(tmp_path: Path) -> None:
    home = two_upgrades(tmp_path, bad=CAUGHT)
    assert ids(choose(home, (), ["*-to-3"])) == [("bad", LONGER)]


def test_a_defect_that_no_chosen_cell_shows_is_left_out(tmp_path: Path) -> None:
    home = project(tmp_path, bad=CAUGHT, slow=f'{CAUGHT}\ncells = ["*-arm64.*"]')
    catalogue = choose(home, (), ["*-amd64.*"])
    assert (ids(catalogue), catalogue.left_out) == ([("bad", AMD64)], ("slow",))


def test_a_defect_that_is_named_is_never_left_out(tmp_path: Path) -> None:
    home = project(tmp_path, bad=CAUGHT, slow=f'{CAUGHT}\ncells = ["*-arm64.*"]')
    with pytest.raises(PlanError) as caught:
        choose(home, ["bad", "slow"], ["*-amd64.*"])
    assert str(caught.value) == f"no cell in which slow shows fits --cell=*-amd64.*\n{ARM64}"


def test_only_the_named_defects_are_tried(tmp_path: Path) -> None:
    home = project(tmp_path, bad=CAUGHT, worse=CAUGHT)
    assert ids(choose(home, ["worse"], ["*-arm64.*"])) == [("worse", ARM64)]


def test_an_unknown_defect_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        choose(project(tmp_path, blacklisted=CAUGHT), ["blacklistd"])
    assert str(caught.value) == "there is no defect 'blacklistd'; did you mean 'blacklisted'?"


def test_a_project_without_defects_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        choose(project(tmp_path))
    assert str(caught.value) == (
        "no product has defects\nlooked for defects/*.toml next to each upgrade.toml"
    )


def test_cells_that_show_no_defect_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        choose(project(tmp_path, slow=f'{CAUGHT}\ncells = ["*-arm64.*"]'), (), ["*-amd64.*"])
    assert caught.value.brief == "no defect shows in a cell that fits *-amd64.*"


def test_a_defect_without_a_cell_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        choose(project(tmp_path, bad=f'{CAUGHT}\ncells = ["*-riscv.*"]'))
    assert caught.value.brief == (
        f"{tmp_path}/defects/bad.toml: no cell of thing fits its `cells`, *-riscv.*"
    )


def test_a_defect_without_a_declared_check_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        choose(project(tmp_path, bad=""))
    assert caught.value.brief == f"{tmp_path}/defects/bad.toml: no check is named for this defect"


def test_a_glob_that_fits_no_cell_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        choose(project(tmp_path, bad=CAUGHT), (), ["example-1-amd64.container.thing-1-to-4"])
    assert str(caught.value) == (
        "no cell fits example-1-amd64.container.thing-1-to-4\n"
        f"did you mean '{AMD64}'?\nTo do: `upgradeproof plan` prints all cells"
    )


def test_good_cells_run_first_once_each_and_defects_in_their_order(tmp_path: Path) -> None:
    """Emulated cells run first on every host: they take longest and must not start last."""
    catalogue = choose(project(tmp_path, bad=CAUGHT, worse=CAUGHT))
    order = [(trial.defect, trial.cell.id) for trial in catalogue.in_order]
    good = [cell for name, cell in order[:2] if not name]
    assert sorted(good) == [AMD64, ARM64]
    assert order[2:] == [(name, cell) for cell in good for name in ("bad", "worse")]
