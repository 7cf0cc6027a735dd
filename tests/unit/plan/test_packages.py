"""Own packages in a plan: what is published when, and what a defect changes of their sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.packaging.sources import Sources
from upgradeproof.plan import Cell, Plan, Platform, load_plan
from upgradeproof.plan.defects import defect_files, load_defect
from upgradeproof.plan.steps import Publish

ROOT = Path(__file__).parents[3]
PLATFORM = Platform(image="example-1", architecture="amd64", machine="container")
TEXT = """
name = "thing"
{packages}
[[release]]
name = "1"
[[release]]
name = "2"
[[release]]
name = "3"
[[install]]
step = "apt-repository"
[[upgrade]]
from = "1"
to = "2"
platforms = ["*"]
[[upgrade.steps]]
step = "apt-repository"
[[upgrade.rollback]]
step = "apt-repository"
[[upgrade]]
from = "2"
to = "3"
platforms = ["*"]
[[upgrade.steps]]
step = "apt-repository"
[[upgrade]]
from = "1"
to = "3"
via = ["2"]
platforms = ["*"]
"""
PACKAGES = '[packages]\nsources = "sources"\nbuild = ["make"]'
DEFECTS = [
    (plan, path)
    for plan in map(load_plan, sorted(ROOT.glob("products/*/upgrade.toml")))
    for path in defect_files(plan)
    if load_defect(path).edit
]


def loaded(folder: Path, packages: str = PACKAGES) -> Plan:
    path = folder / "upgrade.toml"
    path.write_text(TEXT.format(packages=packages), encoding="utf-8")
    return load_plan(path)


def refused(folder: Path, packages: str) -> str:
    with pytest.raises(PlanError) as caught:
        loaded(folder, packages)
    return str(caught.value).replace(str(folder), "")


def published(plan: Plan, upgrade: int, state: str) -> list[tuple[str, ...]]:
    actions = Cell(plan, plan.upgrade[upgrade], PLATFORM).actions(state)
    return [action.releases for action in actions if isinstance(action, Publish)]


def test_the_repository_contains_the_releases_up_to_the_state(tmp_path: Path) -> None:
    plan = loaded(tmp_path)
    assert published(plan, 0, "installed") == [("1",)]
    assert published(plan, 0, "upgraded") == [("1", "2")]
    assert published(plan, 0, "rolled_back") == [("1", "2")]
    assert published(plan, 2, "upgraded") == [("1", "2"), ("1", "2", "3")]


def test_the_error_for_an_empty_publication_has_its_line(tmp_path: Path) -> None:
    assert refused(tmp_path, "") == (
        "/upgrade.toml is not a valid plan\n"
        "/upgrade.toml:10: install.0: there is no [packages] to publish"
    )


@pytest.mark.parametrize("folder", ["", "/usr/src", "..", "sources/../../other"])
def test_sources_outside_of_the_product_are_refused(tmp_path: Path, folder: str) -> None:
    assert refused(tmp_path, PACKAGES.replace('"sources"', f'"{folder}"')) == (
        "/upgrade.toml is not a valid plan\n"
        f"/upgrade.toml:4: packages.sources: {folder!r} must stay in its folder: no slash before"
        " it, no `..` in it"
    )


def test_a_build_without_a_command_is_refused(tmp_path: Path) -> None:
    assert "packages.build" in refused(tmp_path, PACKAGES.replace('["make"]', "[]"))


def test_a_defect_may_be_in_the_sources_alone(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    edit = '[[edit]]\nfile = "agent.py"\nold = "1"\nnew = "2"\n'
    path.write_text(
        f'title = "t"\ndescription = "w"\ndetected_by = ["a"]\ncells = ["*.thing-1-to-*"]\n{edit}'
    )
    defect = load_defect(path)
    plan = loaded(tmp_path)
    injected = defect.injected(plan)
    assert (injected.edits, plan.edits) == (defect.edit, ())
    assert injected.upgrade[0].steps == plan.upgrade[0].steps
    shown = [defect.shows_in(Cell(plan, upgrade, PLATFORM).id) for upgrade in plan.upgrade]
    assert shown == [True, False, True]


def test_a_defect_that_changes_nothing_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "nothing.toml"
    path.write_text('title = "t"\ndescription = "w"\ndetected_by = ["a"]\n')
    with pytest.raises(PlanError) as caught:
        load_defect(path)
    assert str(caught.value) == (
        f"{path}: the defect injects nothing\n"
        "To do: add [[steps]] of the upgrade, or an [[edit]] of the sources"
    )


@pytest.mark.parametrize(("plan", "path"), DEFECTS, ids=lambda value: getattr(value, "stem", ""))
def test_the_edits_of_a_defect_fit_the_sources(plan: Plan, path: Path) -> None:
    """A change of the sources must not make it impossible to apply a defect to them."""
    assert plan.packages
    good = Sources.read(plan.folder / plan.packages.sources)
    assert good.edited(load_defect(path).edit).digest() != good.digest()
