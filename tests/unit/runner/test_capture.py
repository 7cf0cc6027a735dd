"""A twin is compared with its server as soon as it is installed, in each run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.capture.examples import captured
from tests.unit.runner.world import World, cell
from upgradeproof.capture.folder import facts_json, twin_of
from upgradeproof.errors import PlanError
from upgradeproof.plan import load_plan


def test_the_twin_is_compared_in_each_run_also_where_its_state_is_cached(
    world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "product"
    folder.mkdir()
    text = facts_json(twin_of(captured(), boots=False))
    (folder / "captured.json").write_text(text, encoding="utf-8")
    twin = cell(folder, captured="captured.json")
    for _ in range(2):
        with world.runner(twin) as runner:
            runner.reach("upgraded")
        found = world.result().capture
        assert found is not None
        assert found.server == "web1"
        assert {section.section: section.facts for section in found.sections}["packages"] == 6


def test_a_product_that_is_no_twin_is_compared_with_nothing(world: World) -> None:
    with world.runner() as runner:
        runner.reach("installed")
    assert world.result().capture is None


@pytest.mark.parametrize("name", ["captured.json", "../captured.json", "."])
def test_captured_facts_that_are_not_in_the_folder_are_an_error_of_the_plan(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "captured.json").write_text("{}")
    folder = tmp_path / "web1"
    folder.mkdir()
    (folder / "upgrade.toml").write_text(
        f'name = "web1"\ncaptured = "{name}"\n'
        '[[release]]\nname = "1"\n[[release]]\nname = "2"\n'
        '[[install]]\nstep = "run"\nscript = "true"\n'
        '[[upgrade]]\nfrom = "1"\nto = "2"\nplatforms = ["*"]\n'
        '[[upgrade.steps]]\nstep = "run"\nscript = "true"\n'
    )
    with pytest.raises(PlanError) as raised:
        load_plan(folder / "upgrade.toml")
    assert str(raised.value) == (
        f"{folder / 'upgrade.toml'}: there is no file {name!r}, which `captured` names, in the"
        " product's folder\n"
        "To do: capture the server again, or remove the key"
    )
