"""The paths at which plans, images and the cache are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import write
from tests.unit.plugin.project import IMAGE, ROOT
from upgradeproof import cache
from upgradeproof.errors import PlanError
from upgradeproof.home import Home
from upgradeproof.plan import load_images, platforms


def image(folder: Path, name: str, title: str = "Example 1") -> None:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "images" / f"{name}.toml").write_text(IMAGE.replace("Example 1", title))


def test_a_folders_own_plan_comes_first_then_its_products(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / "products" / name).mkdir(parents=True)
        write(tmp_path / "products" / name)
    assert Home(tmp_path).plan_files == (
        tmp_path / "products" / "a" / "upgrade.toml",
        tmp_path / "products" / "b" / "upgrade.toml",
    )
    own = write(tmp_path)
    assert Home(tmp_path).plan_files[0] == own


def test_a_named_plan_replaces_those_that_are_found(tmp_path: Path) -> None:
    write(tmp_path)
    other = tmp_path / "other.toml"
    assert Home(tmp_path, (other,)).plan_files == (other,)


def test_two_folders_of_a_project_have_no_image_of_the_same_name(tmp_path: Path) -> None:
    image(tmp_path / "one", "a")
    image(tmp_path / "two", "a")
    with pytest.raises(PlanError) as caught:
        load_images(tmp_path / "one", tmp_path / "two")
    assert str(caught.value) == (
        "two files offer the image 'a'\n"
        f"{tmp_path}/one/images/a.toml\n{tmp_path}/two/images/a.toml\n"
        "To do: rename one of them"
    )


def test_platforms_are_sorted_by_image_and_architecture(tmp_path: Path) -> None:
    for name in ("b", "a"):
        image(tmp_path, name)
    images = load_images(tmp_path)
    assert [platform.id for platform in platforms({name: images[name] for name in ("b", "a")})] == [
        "a-amd64.container",
        "a-arm64.container",
        "b-amd64.container",
        "b-arm64.container",
    ]


def test_the_images_of_the_package_are_those_at_the_top_of_the_checkout(tmp_path: Path) -> None:
    files = {path.stem for path in (ROOT / "images").glob("*.toml")}
    assert files
    assert load_images(tmp_path).keys() == files


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"amd64", "arm64"', '"amd64", "riscv"', ("5: architectures.1: input should be 'amd64' or "
         "'arm64', not 'riscv'")),
        ("[bootstrap]", '[registry]\namd64 = "debian:12"\n[bootstrap]',
         "6: registry: 'debian:12' is not pinned: write name@sha256:<64 hex digits>"),
        ('suites = ["first"]', 'suites = ["first"]\narchive = "no url"',
         ("8: bootstrap.archive: write the archive's URL, or it, a space and the security "
         "archive's")),
        ('suites = ["first"]', "suites = []",
         "7: bootstrap.suites: list should have at least 1 item, not []"),
    ],
)  # fmt: skip
def test_the_error_of_an_invalid_image_names_the_line(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    image(tmp_path, "a")
    path = tmp_path / "images" / "a.toml"
    path.write_text(IMAGE.replace(old, new))
    with pytest.raises(PlanError) as caught:
        load_images(tmp_path)
    assert str(caught.value) == f"{path} is not a valid image\n{path}:{problem}"


def test_the_environment_sets_the_path_of_the_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UPGRADEPROOF_CACHE", str(tmp_path))
    assert cache.folder() == tmp_path
    monkeypatch.delenv("UPGRADEPROOF_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg" / "upgradeproof"


def test_cells_are_chosen_by_globs_and_each_must_fit(tmp_path: Path) -> None:
    image(tmp_path, "example-1")
    write(tmp_path)
    home = Home(tmp_path)
    assert home.choose() == home.cells
    globs = ["example-1-arm64.*-1-to-2", "example-1-amd64.container.thing-1-to-2"]
    assert [cell.platform.architecture for cell in home.choose(globs)] == ["amd64", "arm64"]
    with pytest.raises(PlanError) as caught:
        home.choose(["*", "example-1-amd64.container.thing-1-to-5"])
    assert str(caught.value) == (
        "no cell fits example-1-amd64.container.thing-1-to-5\n"
        "did you mean 'example-1-amd64.container.thing-1-to-2'?\n"
        "To do: `upgradeproof plan` prints all cells"
    )


def test_the_fixtures_of_the_checkout_and_of_the_package_are_the_same(tmp_path: Path) -> None:
    checkout = [name.split(".") for name in Home(ROOT).fixture_modules]
    package = [name.split(".") for name in Home(tmp_path).fixture_modules]
    assert ["fixtures", "under_load"] in checkout
    assert package == [["upgradeproof", *names] for names in checkout]
