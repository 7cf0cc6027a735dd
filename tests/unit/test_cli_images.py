"""`upgradeproof images`: for which cells it makes images, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.command_line import Command, upgradeproof
from tests.unit.plugin.project import make_project
from tests.unit.sharding.command import upgradeproof_in

__all__ = ["upgradeproof"]


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Make a project with a shards.json of two shards, in the folder of the commands."""
    make_project(tmp_path)
    assert upgradeproof_in(tmp_path, "shards", "--count=2").status == 0
    return tmp_path


def test_a_glob_that_no_cell_fits_is_an_error(upgradeproof: Command, shards: Path) -> None:
    done = upgradeproof("images", "zzz*")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("upgradeproof: no cell fits zzz*")


def test_a_shard_that_is_not_there_is_an_error(upgradeproof: Command, shards: Path) -> None:
    done = upgradeproof("images", "--shard=shards.json:3")
    assert (done.status, done.out) == (2, "")
    assert done.err == "upgradeproof: shards.json has no shard 3\nits shards are 1 to 2\n"


def test_a_shard_of_other_plans_is_an_error(upgradeproof: Command, shards: Path) -> None:
    with (shards / "upgrade.toml").open("a") as plan:
        plan.write("# another\n")
    done = upgradeproof("images", "--shard=shards.json:1")
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines()[:2] == [
        "upgradeproof: shards.json belongs to other plans than those that are here",
        "different: thing",
    ]
