"""The first plan and the first suite are written once, and are valid without an edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.plan import expand, load_images, load_plan
from upgradeproof.starter import write_starter

ROOT = Path(__file__).parents[2]


def test_the_first_plan_is_a_plan_with_a_cell(tmp_path: Path) -> None:
    plan, suite = write_starter(tmp_path)
    cells = expand([load_plan(plan)], load_images(ROOT))
    assert [cell.tags for cell in cells] == [("smoke", "amd64", "container")]
    compile(suite.read_text(), suite.name, "exec")


@pytest.mark.parametrize("name", ["upgrade.toml", "test_upgrade.py"])
def test_an_existing_file_is_never_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(PlanError) as caught:
        write_starter(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/{name} already exists, and nothing was written\n"
        "To do: run `upgradeproof init` in an empty folder"
    )
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"
