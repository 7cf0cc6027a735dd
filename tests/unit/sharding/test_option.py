"""``pytest --upgradeproof-shard`` and ``upgradeproof shards``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.unit.command_line import Command, upgradeproof
from tests.unit.plugin.project import ARM64, Project, make_project
from tests.unit.sharding.cells import make_plans
from tests.unit.sharding.command import upgradeproof_in
from upgradeproof.errors import PlanError, UpgradeproofError
from upgradeproof.home import Home
from upgradeproof.results import PlanFile
from upgradeproof.sharding import Shard, ShardedCell, read_shards, shards_of
from upgradeproof.sharding.printing import show

__all__ = ["upgradeproof"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("shards")).write(
        test_it="def test_it(upgraded): pass\n"
    )
    assert upgradeproof_in(made.folder, "shards", "--count=2").status == 0
    return replace(made, timeout_s=300)


AGAIN = (
    "To do: check out the commit from which `upgradeproof shards` made the file, or make it again"
    " and run every shard"
)


def refused(project: Project, word: str) -> list[str]:
    with pytest.raises(UpgradeproofError) as found:
        Home(project.folder).shards(word, "--upgradeproof-shard", project.folder)
    return str(found.value).splitlines()


def test_only_the_shard_s_cells_are_collected(project: Project) -> None:
    done = project.pytest("--upgradeproof-shard=shards.json:2", "--collect-only", "-q")
    assert done.text.splitlines()[0] == f"test_it.py::test_it[{ARM64}]"
    assert "1 test collected" in done.text
    done = project.pytest("--upgradeproof-shard=shards.json:3", "--collect-only", "-q")
    assert (done.exit_status, done.text) == (4, "")
    assert done.stderr.decode().splitlines()[0] == "ERROR: shards.json has no shard 3"


def test_the_shards_of_another_plan_are_refused(project: Project) -> None:
    path = project.folder / "upgrade.toml"
    plan = path.read_text()
    path.write_text(plan + "# another\n")
    try:
        assert refused(project, "shards.json:1") == [
            "shards.json belongs to other plans than those that are here",
            "different: thing",
            AGAIN,
        ]
    finally:
        path.write_text(plan)


def test_the_shards_of_another_image_are_refused(project: Project) -> None:
    path = project.folder / "images" / "example-1.toml"
    image = path.read_text()
    path.write_text(image.replace('"Example 1"', '"Example One"'))
    try:
        assert refused(project, "shards.json:1")[1] == (
            "the plans are equal; an image definition is different"
        )
    finally:
        path.write_text(image)


@pytest.mark.parametrize(
    ("word", "lines"),
    [
        (
            "shards.json",
            [
                "--upgradeproof-shard=shards.json names no shard",
                "To do: write --upgradeproof-shard=shards.json:3",
            ],
        ),
        ("shards.json:3", ["shards.json has no shard 3", "its shards are 1 to 2"]),
        ("shards.json:0", ["shards.json has no shard 0", "its shards are 1 to 2"]),
    ],
)
def test_a_wrong_argument_is_an_error(project: Project, word: str, lines: list[str]) -> None:
    assert refused(project, word) == lines


def test_a_missing_file_is_an_error(project: Project) -> None:
    assert refused(project, "no.json:1")[0].endswith(
        "/no.json can't be read: No such file or directory"
    )


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    make_plans(tmp_path, products=1, images=2)
    return tmp_path


def test_shards_are_printed_and_written(upgradeproof: Command, plans: Path) -> None:
    answer = upgradeproof("shards", "--count=3", "*.container.*")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == (
        "shard 1 on amd64: 1 cell, about 10 min\n"
        "      600 s  example-1-amd64.container.p1-1-to-2  (nothing recorded)\n"
        "shard 2 on amd64: 1 cell, about 10 min\n"
        "      600 s  example-2-amd64.container.p1-1-to-2  (nothing recorded)\n"
        "shard 3 on arm64: 2 cells, about 20 min\n"
        "      600 s  example-1-arm64.container.p1-1-to-2  (nothing recorded)\n"
        "      600 s  example-2-arm64.container.p1-1-to-2  (nothing recorded)\n"
        "longest shard: 1.50 times the mean of 13 min\n"
    )
    shards = read_shards(plans / "shards.json")
    assert [len(shard.cells) for shard in shards.shards] == [1, 1, 2]
    assert [plan.path for plan in shards.plans] == ["products/p1/upgrade.toml"]


def test_the_same_plans_give_the_same_file(upgradeproof: Command, plans: Path) -> None:
    upgradeproof("shards", "--count=3", "--to=a.json")
    upgradeproof("shards", "--count=3", "--to=b.json")
    assert (plans / "a.json").read_bytes() == (plans / "b.json").read_bytes()


def test_every_server_gets_its_own_format(upgradeproof: Command, plans: Path) -> None:
    (plans / "runners.toml").write_text(
        '[[runner]]\nname = "x64"\narchitectures = ["amd64"]\nkvm = true\n'
        '[[runner]]\nname = "arm"\nlabels = ["self-hosted", "arm64"]\narchitectures = ["arm64"]\n'
    )
    words = ("shards", "--count=2", "--runners=runners.toml")
    assert json.loads(upgradeproof(*words, "--format=github").out) == {
        "include": [
            {"shard": 1, "runner": "x64", "labels": ["x64"]},
            {"shard": 2, "runner": "arm", "labels": ["self-hosted", "arm64"]},
        ]
    }
    assert upgradeproof(*words, "--format=jenkins").out == "1 x64\n2 self-hosted && arm64\n"
    assert yaml.safe_load(upgradeproof(*words, "--format=gitlab").out) == {
        "upgrade 1": {
            "extends": ".upgradeproof-shard",
            "tags": ["x64"],
            "variables": {"SHARD": "1"},
        },
        "upgrade 2": {
            "extends": ".upgradeproof-shard",
            "tags": ["self-hosted", "arm64"],
            "variables": {"SHARD": "2"},
        },
    }
    assert upgradeproof(*words, "--format=json").out == (plans / "shards.json").read_text()


def test_tags_select(upgradeproof: Command, plans: Path) -> None:
    answer = upgradeproof("shards", "--count=1", "--tag=smoke", "--tag=amd64")
    assert answer.out.count("example-1-amd64") == 2
    assert "example-2" not in answer.out
    answer = upgradeproof("shards", "--count=1", "--tag=smok")
    assert (answer.status, answer.err) == (
        2,
        "upgradeproof: no cell has the tag smok\ndid you mean 'smoke'?\n",
    )


def test_a_missing_folder_is_made(upgradeproof: Command, plans: Path) -> None:
    answer = upgradeproof("shards", "--count=2", "--to=new/shards.json")
    assert (answer.status, answer.err) == (0, "")
    assert [path.name for path in (plans / "new").iterdir()] == ["shards.json"]


def test_a_file_that_can_not_be_written_is_an_error(upgradeproof: Command, plans: Path) -> None:
    (plans / "new").mkdir()
    answer = upgradeproof("shards", "--count=2", "--to=new")
    assert (answer.status, answer.err) == (
        4,
        "upgradeproof: new can't be written: Is a directory\n",
    )
    assert not list((plans / "new").iterdir())


def test_github_takes_no_more_than_256_jobs() -> None:
    cells = [
        ShardedCell(
            id=f"c{n}",
            platform="p",
            upgrade="u",
            product="x",
            estimate_s=1,
            estimated_from="none",
        )
        for n in range(257)
    ]
    shards = shards_of(
        "0",
        [PlanFile(product="x", path="upgrade.toml", sha256="0")],
        (
            Shard(number=n, runner="r", labels=("r",), estimate_s=1, cells=(cell,))
            for n, cell in enumerate(cells, start=1)
        ),
    )
    with pytest.raises(PlanError) as found:
        show(shards, "github")
    assert str(found.value) == (
        "GitHub runs at most 256 jobs of a matrix, and there are 257 shards\n"
        "To do: allow fewer shards by --count, or more minutes by --max-minutes"
    )
