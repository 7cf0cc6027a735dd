"""Cells: every platform x every upgrade that a plan declares, with ids that select them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import plan
from upgradeproof.errors import PlanError
from upgradeproof.plan import Cell, Image, Plan, expand
from upgradeproof.plan.images import Bootstrap
from upgradeproof.plan.steps import Script


def image(*architectures: str, machines: tuple[str, ...] = ("container",)) -> Image:
    bootstrap = Bootstrap(suites=("a",), keyring="/k.gpg")
    return Image.model_validate(
        {
            "title": "t",
            "family": "f",
            "codename": "c",
            "architectures": architectures,
            "machines": machines,
            "bootstrap": bootstrap,
            "vm": {"packages": dict.fromkeys(architectures, ())} if "vm" in machines else None,
        }
    )


IMAGES = {"debian-12": image("amd64", "arm64"), "debian-11": image("amd64")}


def cells(*plans: Plan) -> tuple[Cell, ...]:
    return expand(plans, IMAGES)


def error(*plans: Plan) -> str:
    with pytest.raises(PlanError) as caught:
        cells(*plans)
    return str(caught.value)


def test_there_is_a_cell_for_every_upgrade_on_every_platform(tmp_path: Path) -> None:
    assert [cell.id for cell in cells(plan(tmp_path))] == [
        f"{platform}.container.thing-{upgrade}"
        for upgrade in ("1-to-2", "2-to-3", "1-to-2-to-3")
        for platform in ("debian-11-amd64", "debian-12-amd64", "debian-12-arm64")
    ]


def test_each_kind_of_machine_is_a_platform(tmp_path: Path) -> None:
    images = {"debian-12": image("amd64", machines=("container", "vm"))}
    ids = [cell.platform.id for cell in expand([plan(tmp_path)], images)]
    assert ids[:2] == ["debian-12-amd64.container", "debian-12-amd64.vm"]


def test_globs_select_the_platforms_of_an_upgrade(tmp_path: Path) -> None:
    globs = 'to = "2"\nplatforms = ["debian-12-*.container", "*-11-amd64.*"]'
    chosen = plan(tmp_path, ('to = "2"\nplatforms = ["*"]', globs))
    ids = [cell.platform.id for cell in cells(chosen) if cell.upgrade.to == "2"]
    assert ids == [
        "debian-11-amd64.container",
        "debian-12-amd64.container",
        "debian-12-arm64.container",
    ]


def test_a_glob_that_matches_no_platform_is_an_error(tmp_path: Path) -> None:
    globs = 'to = "2"\nplatforms = ["*", "debian-14-amd64.container"]'
    spoilt = plan(tmp_path, ('to = "2"\nplatforms = ["*"]', globs))
    assert error(spoilt) == (
        f"{tmp_path}/upgrade.toml: the upgrade 1 -> 2 names the platform "
        "'debian-14-amd64.container', which no image offers; "
        "did you mean 'debian-12-amd64.container'?"
    )


def test_the_error_for_an_unknown_image_lists_all_platforms_if_none_is_similar(
    tmp_path: Path,
) -> None:
    spoilt = plan(tmp_path, ('to = "2"\nplatforms = ["*"]', 'to = "2"\nplatforms = ["zzz"]'))
    assert error(spoilt) == (
        f"{tmp_path}/upgrade.toml: the upgrade 1 -> 2 names the platform 'zzz', which no image "
        "offers; valid: debian-11-amd64.container, debian-12-amd64.container, "
        "debian-12-arm64.container"
    )


def test_two_plans_of_one_name_are_an_error(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    assert error(*(plan(folder) for folder in folders)) == (
        "two plans share the name 'thing'\n"
        f"{tmp_path}/one/upgrade.toml\n{tmp_path}/two/upgrade.toml\n"
        "To do: rename one of them: cell ids are made of the name"
    )


def test_a_missing_file_is_an_error_before_any_machine_starts(tmp_path: Path) -> None:
    copy = '[[install]]\nstep = "copy"\nsource = "a"\npath = "/a"\n[[upgrade]]\nfrom = "2"'
    spoilt = plan(tmp_path, ('[[upgrade]]\nfrom = "2"', copy))
    assert error(spoilt).startswith(f"{tmp_path}/upgrade.toml: 'a', which a copy step names")


def test_tags_are_the_plans_then_architecture_and_kind(tmp_path: Path) -> None:
    tags = 'to = "2"\ntags.smoke = ["debian-12-*"]\ntags.old = ["debian-11-*"]'
    tagged = cells(plan(tmp_path, ('to = "2"', tags)))
    assert [cell.tags for cell in tagged[:3]] == [
        ("old", "amd64", "container"),
        ("smoke", "amd64", "container"),
        ("smoke", "arm64", "container"),
    ]


@pytest.mark.parametrize("tag", ['"Smoke"', '"a b"', '"-a"', '""'])
def test_a_tag_that_no_mark_can_carry_is_refused(tmp_path: Path, tag: str) -> None:
    with pytest.raises(PlanError, match=r"upgrade\.0\.tags"):
        plan(tmp_path, ('to = "2"', f'to = "2"\ntags.{tag} = ["*"]'))


@pytest.mark.parametrize("name", ["a b", "A", "../a", "a/b", "a\\n", "", "-a", "a;b", "a" * 41])
def test_a_name_that_is_invalid_in_an_id_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlanError, match=":1: name: "):
        plan(tmp_path, ('name = "thing"', f'name = "{name}"'))


def test_an_upgrade_through_several_releases_has_the_steps_of_its_hops(tmp_path: Path) -> None:
    titles = {
        cell.upgrade_id: [action.title for action in cell.actions("upgraded")]
        for cell in cells(plan(tmp_path))
    }
    assert titles == {
        "thing-1-to-2": ["upgrade every package"],
        "thing-2-to-3": ["true", "restart thingd"],
        "thing-1-to-2-to-3": ["upgrade every package", "true", "restart thingd"],
    }


def test_the_old_release_is_installed_by_the_plans_own_steps(tmp_path: Path) -> None:
    for cell in cells(plan(tmp_path)):
        first, *others = cell.actions("installed")
        titles = [action.title for action in others]
        assert (first.title, titles) == ("install", ["fetch the package lists", "install thing"])
        assert isinstance(first, Script)
        assert first.script.startswith("set -e\n")


def test_a_cell_knows_its_old_and_its_new_release(tmp_path: Path) -> None:
    last = cells(plan(tmp_path))[-1]
    assert (last.old.name, last.old.packages) == ("1", {"thing": "1.*"})
    assert (last.new.name, last.new.packages) == ("3", {})


def test_a_cell_publishes_the_ports_that_the_packet_filter_is_tried_on(tmp_path: Path) -> None:
    text = "[[expect.firewall]]\nport = 82\nallowed = false\n[[expect.data]]"
    assert cells(plan(tmp_path, ("[[expect.data]]", text)))[0].ports == (82,)


def test_a_cell_publishes_the_ports_of_its_endpoints_before_and_after(tmp_path: Path) -> None:
    text = (
        '[[expect.endpoint]]\nid = "a"\nkind = "tcp"\nport = 80\n'
        '[[expect.port]]\nport = 80\nchange = "moved"\nto = 81\n'
        "[[expect.port]]\nport = 22\n[[expect.data]]"
    )
    assert cells(plan(tmp_path, ("[[expect.data]]", text)))[0].ports == (80, 81)
