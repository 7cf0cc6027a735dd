"""The product's own packages: a failed build is an error before any step runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.runner.world import World, cell
from upgradeproof.errors import BuildError, ProgramError, UpgradeproofError
from upgradeproof.plan import Cell
from upgradeproof.results import Verdict


def building(folder: Path, **packages: object) -> Cell:
    """Return a cell whose new release is to be built by a command that fails."""
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "sources" / "main.c").write_text("int main;", encoding="utf-8")
    recipe = {"sources": "sources", "build": ["sh", "-c", "echo no >&2; exit 3"], **packages}
    return cell(folder, upgrade=[{"step": "apt-repository"}], packages=recipe)


@pytest.mark.parametrize(
    ("packages", "error", "verdict"),
    [
        ({}, BuildError, Verdict.FAILED),
        ({"programs": {"no-such-gcc": "gcc"}}, ProgramError, Verdict.NEVER_RAN),
    ],
)
def test_a_failed_build_is_the_reason_of_the_state(
    world: World,
    tmp_path: Path,
    packages: dict[str, object],
    error: type[UpgradeproofError],
    verdict: Verdict,
) -> None:
    with world.runner(building(tmp_path, **packages)) as runner:
        runner.reach("installed")
        with pytest.raises(error) as caught:
            runner.reach("upgraded")
        assert runner.reach("installed").name == "installed"
    state = world.state("upgraded")
    assert (state.verdict, state.reason, state.steps) == (verdict, str(caught.value), ())
