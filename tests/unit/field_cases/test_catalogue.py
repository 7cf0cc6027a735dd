"""Cases are found and chosen; all cases of this project are valid."""

from pathlib import Path

import pytest

from tests.unit.field_cases.catalogues import catalogue
from upgradeproof.errors import PlanError
from upgradeproof.field_cases.catalogue import FOLDER, TWINS, find_cases, twin_of
from upgradeproof.field_cases.staging import stage_case, stage_twin
from upgradeproof.home import Home
from upgradeproof.packaging.sources import Sources

ROOT = Path(__file__).parents[3]
OURS = find_cases(ROOT)


def test_all_cases_are_found_by_their_folders(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "beta", "alpha", "bad/gamma")
    assert [entry.id for entry in find_cases(home.root)] == ["alpha", "beta", "bad/gamma"]


@pytest.mark.parametrize("glob", ["alpha", "al*", "C1"])
def test_a_case_is_chosen_by_its_folder_or_its_failure(tmp_path: Path, glob: str) -> None:
    home = catalogue(tmp_path, "alpha", case="C1")
    assert [entry.id for entry in find_cases(home.root, [glob])] == ["alpha"]


def test_a_folder_of_cases_is_chosen_by_its_name(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha", "bad/gamma")
    assert [entry.id for entry in find_cases(home.root, ["bad"])] == ["bad/gamma"]


def test_a_glob_that_fits_no_case_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha")
    with pytest.raises(PlanError, match=r"no case fits 'alhpa'; did you mean 'alpha'\?"):
        find_cases(home.root, ["alhpa"])


def test_a_folder_without_cases_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="there are no cases in"):
        find_cases(tmp_path)


def test_a_missing_twin_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha")
    file = tmp_path / FOLDER / "alpha" / "case.toml"
    file.write_text(file.read_text().replace('twin = "good"', 'twin = "godo"'))
    (entry,) = find_cases(home.root)
    with pytest.raises(PlanError, match=r"no twin 'godo'; did you mean 'good'\?"):
        twin_of(home.root, entry)


def test_the_noise_is_appended_to_the_plan_of_a_case(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha")
    (entry,) = find_cases(home.root)
    trial = stage_case(home, entry, tmp_path / "work")
    assert trial.cell.expect.reason_for("packages/thing/version") == "every package is replaced"
    assert (trial.cell.plan.folder / "case.toml").is_file()
    assert "every package" not in (entry.plan / "upgrade.toml").read_text()


def test_a_plan_with_two_cells_is_no_case(tmp_path: Path) -> None:
    home = catalogue(tmp_path, "alpha")
    file = tmp_path / FOLDER / "alpha" / "upgrade.toml"
    file.write_text(file.read_text().replace("*-amd64.*", "*"))
    (entry,) = find_cases(home.root)
    with pytest.raises(PlanError, match="a case has one cell, and this plan has 2"):
        stage_case(home, entry, tmp_path / "work")


@pytest.mark.parametrize("entry", OURS, ids=lambda entry: entry.id)
def test_a_case_of_this_project_can_be_staged(tmp_path: Path, entry: object) -> None:
    found = next(each for each in OURS if each is entry)
    trial = stage_case(Home(ROOT), found, tmp_path)
    assert twin_of(ROOT, found)
    if trial.entry:
        recipe = trial.cell.plan.packages
        assert recipe
        sources = Sources.read(trial.cell.plan.folder / recipe.sources)
        assert sources.edited(trial.entry.defect.edit).digest() != sources.digest()


@pytest.mark.parametrize("folder", sorted((ROOT / FOLDER / TWINS).iterdir()), ids=lambda f: f.name)
def test_a_twin_of_this_project_can_be_staged_and_belongs_to_a_case(
    tmp_path: Path, folder: Path
) -> None:
    assert stage_twin(Home(ROOT), folder, tmp_path).cell
    assert folder in {twin_of(ROOT, entry) for entry in OURS}


def test_the_catalogue_has_all_field_cases_and_bad_releases() -> None:
    assert len({entry.case.case for entry in OURS if not entry.group}) == 28
    assert len([entry for entry in OURS if entry.group == "bad-releases"]) >= 21


def test_ordinary_runs_do_not_find_the_catalogue() -> None:
    assert not [path for path in Home(ROOT).plan_files if FOLDER in path.parts]
