"""Shards: needs first, then the longest cell first into the emptiest shard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.sharding.cells import make_cells, measured, recorded, run_of
from upgradeproof.errors import PlanError
from upgradeproof.plan import Cell
from upgradeproof.results import Verdict
from upgradeproof.sharding import (
    Estimates,
    Runner,
    Shard,
    by_count,
    by_minutes,
    load_runners,
    runners_of,
)

HOSTED = (
    Runner(name="big", architectures=("amd64",), kvm=True),
    Runner(name="plain", architectures=("amd64",)),
    Runner(name="arm", architectures=("arm64",)),
)
EVERYTHING = (Runner(name="any", architectures=("amd64", "arm64"), kvm=True),)


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cell, ...]:
    """Return the 200 cells of ten plans."""
    found = make_cells(tmp_path_factory.mktemp("plans"))
    assert len(found) == 200
    return found


def imbalance(shards: tuple[Shard, ...]) -> float:
    every = [shard.estimate_s for shard in shards]
    return max(every) / (sum(every) / len(every))


def ids(shards: tuple[Shard, ...]) -> list[str]:
    return sorted(cell.id for shard in shards for cell in shard.cells)


@pytest.mark.parametrize("count", [4, 7, 8, 16, 30])
@pytest.mark.parametrize("runners", [HOSTED, EVERYTHING], ids=["hosted", "one kind"])
def test_the_longest_shard_of_200_cells_is_near_the_mean(
    cells: tuple[Cell, ...], runners: tuple[Runner, ...], count: int
) -> None:
    shards = by_count(cells, runners, Estimates.of([measured(cells)]), count)
    assert len(shards) == count
    assert ids(shards) == sorted(cell.id for cell in cells)
    assert imbalance(shards) <= 1.2


def test_cells_go_to_the_runner_that_has_what_they_need(cells: tuple[Cell, ...]) -> None:
    shards = by_count(cells, HOSTED, Estimates.of([measured(cells)]), 12)
    kinds = {
        (shard.runner, cell.platform.rpartition("-")[2]) for shard in shards for cell in shard.cells
    }
    assert kinds == {
        ("big", "amd64.vm"),
        ("plain", "amd64.container"),
        ("arm", "arm64.vm"),
        ("arm", "arm64.container"),
    }


def test_the_longest_come_first_into_the_emptiest(cells: tuple[Cell, ...]) -> None:
    five = cells[:5]
    run = run_of(*(recorded(c, s) for c, s in zip(five, (50, 40, 30, 20, 10), strict=True)))
    shards = by_count(five, EVERYTHING, Estimates.of([run]), 2)
    assert [[cell.estimate_s for cell in shard.cells] for shard in shards] == [
        [50, 20, 10],
        [40, 30],
    ]


def test_no_shard_is_empty_where_there_are_fewer_cells(cells: tuple[Cell, ...]) -> None:
    shards = by_count(cells[:3], EVERYTHING, Estimates(), 8)
    assert [len(shard.cells) for shard in shards] == [1, 1, 1]
    free = run_of(*(recorded(cell, 0.0) for cell in cells[:3]))
    shards = by_count(cells[:3], EVERYTHING, Estimates.of([free]), 3)
    assert [len(shard.cells) for shard in shards] == [1, 1, 1]


def test_minutes_limit_each_shard(cells: tuple[Cell, ...]) -> None:
    shards = by_minutes(cells, HOSTED, Estimates.of([measured(cells)]), 60)
    assert max(shard.estimate_s for shard in shards) <= 3600
    total = sum(shard.estimate_s for shard in shards)
    assert len(shards) <= 1.3 * total / 3600 + len(HOSTED)
    assert ids(shards) == sorted(cell.id for cell in cells)


def test_a_cell_that_takes_longer_than_the_limit_has_a_shard(cells: tuple[Cell, ...]) -> None:
    run = run_of(recorded(cells[0], 900), recorded(cells[1], 30), recorded(cells[2], 30))
    shards = by_minutes(cells[:3], EVERYTHING, Estimates.of([run]), 1)
    assert max(shard.estimate_s for shard in shards) == 900
    assert ids(shards) == sorted(cell.id for cell in cells[:3])


def test_the_number_of_runners_limits_the_shards(cells: tuple[Cell, ...]) -> None:
    two = (Runner(name="any", architectures=("amd64", "arm64"), max_shards=2),)
    assert len(by_count(cells, two, Estimates(), 9)) == 2
    assert len(by_minutes(cells, two, Estimates(), 1)) == 2


def test_too_few_shards_for_the_kinds_of_runner_are_an_error(cells: tuple[Cell, ...]) -> None:
    with pytest.raises(PlanError) as found:
        by_count(cells, HOSTED, Estimates(), 1)
    assert str(found.value) == (
        "1 shard can't run these cells\n"
        "they need 2 kinds of runner: big, arm\n"
        "To do: allow at least 2 shards, select fewer cells, or name a runner by --runners that"
        " runs several architectures"
    )


def test_a_cell_that_no_runner_can_run_is_an_error(cells: tuple[Cell, ...]) -> None:
    first = next(cell for cell in cells if cell.platform.architecture == "arm64")
    with pytest.raises(PlanError) as found:
        by_count(cells, HOSTED[:2], Estimates(), 4)
    assert str(found.value) == (
        f"no runner can run {first.id}\n"
        "it needs the architecture arm64; the runners have amd64\n"
        "To do: add a [[runner]] with this architecture, or select other cells"
    )


def test_an_unknown_cell_is_estimated_from_its_product_and_kind_of_machine(
    cells: tuple[Cell, ...],
) -> None:
    own = {cell.id: cell for cell in cells}
    known = own["example-1-amd64.container.p1-1-to-2"]
    vm = own["example-1-amd64.vm.p2-1-to-2"]
    estimates = Estimates.of([run_of(recorded(known, 100), recorded(vm, 700))])
    assert estimates.of_cell(known) == (100, "cell")
    assert estimates.of_cell(own["example-2-arm64.container.p1-1-to-2"]) == (100, "product")
    assert estimates.of_cell(own["example-2-arm64.vm.p3-1-to-2"]) == (700, "machine")
    assert Estimates().of_cell(known) == (600, "none")


def test_reused_and_failed_cells_are_ignored_in_estimates(cells: tuple[Cell, ...]) -> None:
    run = run_of(recorded(cells[0], 1, reused=True), recorded(cells[1], 2, verdict=Verdict.FAILED))
    assert Estimates.of([run]) == Estimates()


def test_without_a_file_each_architecture_is_a_runner(cells: tuple[Cell, ...]) -> None:
    assert [runner.name for runner in runners_of(cells)] == ["amd64", "arm64"]


def test_a_wrong_file_of_runners_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "runners.toml"
    path.write_text('[[runner]]\nname = "a"\narchitecture = ["amd64"]\n')
    with pytest.raises(PlanError) as found:
        load_runners(path)
    assert str(found.value) == (
        f"{path} is not a valid runners.toml\n"
        f"{path}:1: 'runner.0.architectures' is missing\n"
        f"{path}:3: unknown key 'runner.0.architecture'; did you mean 'architectures'?"
    )
    path.unlink()
    with pytest.raises(PlanError, match="there is no such file"):
        load_runners(path)
