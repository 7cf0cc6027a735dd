"""Which releases of a distribution an upgrade may not skip."""

from __future__ import annotations

from pathlib import Path

import pytest

import upgradeproof.distributions
from tests.unit.plan.texts import plan
from upgradeproof.distributions import Distribution, check_releases, distributions, skipped
from upgradeproof.errors import PlanError
from upgradeproof.plan.loading import load

STEP = '[[upgrade.steps]]\nstep = "apt-full-upgrade"'
SKIPS = (
    "from bullseye to trixie (13) skips bookworm (12): of Debian a stable release is upgraded to"
    " the next one only"
)


def test_every_file_of_the_folder_is_a_distribution() -> None:
    folder = Path(upgradeproof.distributions.__file__).parent
    assert {path.stem for path in folder.glob("*.toml")} <= set(distributions())


@pytest.mark.parametrize(
    ("old", "new", "way"),
    [
        ("bullseye", "bookworm", ""),
        ("bookworm", "trixie", ""),
        ("bullseye", "trixie", "bookworm trixie"),
        ("buster", "trixie", "bullseye bookworm trixie"),
        ("trixie", "bullseye", ""),
        ("bookworm", "bookworm", ""),
        ("bullseye", "sid", ""),
        ("bullseye", "noble", ""),
        ("", "trixie", ""),
        ("jammy", "noble", ""),
        ("jammy", "kinetic", ""),
        ("mantic", "noble", ""),
        ("focal", "noble", "jammy noble"),
        ("jammy", "lunar", "kinetic lunar"),
        ("focal", "kinetic", "jammy kinetic"),
        ("lunar", "noble", "mantic noble"),
    ],
)
def test_the_releases_that_an_upgrade_must_go_through(old: str, new: str, way: str) -> None:
    skip = skipped(old, new)
    assert " ".join(release.codename for release in (skip.way if skip else ())) == way


def step(old: str, new: str) -> tuple[str, str]:
    """Return the change of the plan that puts a switch of the sources before its first step."""
    return STEP, f'[[upgrade.steps]]\nstep = "apt-sources"\nold = "{old}"\nnew = "{new}"\n{STEP}'


def test_a_plan_that_skips_a_release_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        check_releases(plan(tmp_path, step("bullseye", "trixie")))
    path = tmp_path / "upgrade.toml"
    assert (caught.value.brief, caught.value.details) == (
        f"{path} is not a valid plan",
        (
            f"{path}:28: upgrade.0.steps.0.new: {SKIPS};"
            " write an upgrade for each, and one that goes `via` them"
        ),
    )


def test_an_override_that_skips_a_release_is_wrong(tmp_path: Path) -> None:
    override = '[[override]]\nselect = ["*"]\n[[override.steps]]\nstep = "apt-sources"\n'
    found = plan(tmp_path, ("[expect]\n", f'{override}old = "jessie"\nnew = "trixie"\n[expect]\n'))
    with pytest.raises(PlanError) as caught:
        check_releases(found)
    assert "override.0.steps.0.new: from jessie to trixie (13) skips stretch (9), " in (
        caught.value.details
    )


@pytest.mark.parametrize(
    ("old", "new"), [("bookworm", "trixie"), ("stable", "trixie"), ("one", "two")]
)
def test_a_plan_that_goes_to_the_next_release_is_right(tmp_path: Path, old: str, new: str) -> None:
    check_releases(plan(tmp_path, step(old, new)))


def test_a_release_that_is_listed_twice_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "twice.toml"
    release = '[[release]]\nversion = "1"\ncodename = "one"\n'
    path.write_text(f'title = "Two"\nrule = "one by one"\nsource = "here"\n{release}{release}')
    with pytest.raises(PlanError) as caught:
        load(path, Distribution)
    assert caught.value.details == f"{path}:9: release.1.codename: one is there twice"
