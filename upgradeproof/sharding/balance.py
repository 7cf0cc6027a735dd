"""Which cells go into which shard: needs first, then the longest first into the emptiest."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from upgradeproof.counting import counted
from upgradeproof.errors import PlanError
from upgradeproof.plan import Cell
from upgradeproof.sharding.estimating import Estimates
from upgradeproof.sharding.model import Shard, ShardedCell
from upgradeproof.sharding.runners import Runner, runner_for

MINUTE_S = 60
WORTH_IT = 0.9
"""How much earlier the last shard must end for containers to take runners with KVM."""
Groups = Mapping[str, Sequence[ShardedCell]]
"""The cells by the name of the runner that they need."""


def by_count(
    cells: Sequence[Cell], runners: Sequence[Runner], estimates: Estimates, count: int
) -> tuple[Shard, ...]:
    """Return at most ``count`` shards, as even as the needs of the cells allow.

    There are fewer where there are fewer cells, or runners: a shard is never empty. Raises
    PlanError where the cells need more kinds of runner than there may be shards.
    """
    return _best(
        _shards(groups, runners, _counts(groups, runners, count))
        for groups in _assignments(cells, runners, estimates)
        if len(groups) <= count
    ) or _refuse(count, *_assignments(cells, runners, estimates))


def by_minutes(
    cells: Sequence[Cell], runners: Sequence[Runner], estimates: Estimates, minutes: int
) -> tuple[Shard, ...]:
    """Return as few shards as end in this time, as far as single cells and runners allow."""
    limit_s = float(minutes * MINUTE_S)
    groups = _assignments(cells, runners, estimates)[0]
    max_counts = _max_counts(groups, runners)
    counts = {
        name: _fewest(group, max_counts[name], max(limit_s, *(each.estimate_s for each in group)))
        for name, group in groups.items()
    }
    return _shards(groups, runners, counts)


def _best(found: Iterable[tuple[Shard, ...]]) -> tuple[Shard, ...]:
    """Return the first shards, or later ones that end much earlier; nothing of nothing."""
    best: tuple[Shard, ...] = ()
    for shards in found:
        if not best or _longest_s(shards) < WORTH_IT * _longest_s(best):
            best = shards
    return best


def _longest_s(shards: Sequence[Shard]) -> float:
    return max(shard.estimate_s for shard in shards)


def _refuse(count: int, *assignments: Groups) -> NoReturn:
    groups = min(assignments, key=len)
    raise PlanError(
        f"{counted(count, 'shard')} can't run these cells",
        details=f"they need {len(groups)} kinds of runner: {', '.join(groups)}",
        resolution=f"allow at least {len(groups)} shards, select fewer cells, or name a runner"
        " by --runners that runs several architectures",
    )


def _counts(groups: Groups, runners: Sequence[Runner], count: int) -> dict[str, int]:
    """Return how many shards each group gets: one each, then one more for the slowest group."""
    max_counts = _max_counts(groups, runners)
    counts = dict.fromkeys(groups, 1)
    while sum(counts.values()) < count:
        left = [name for name in groups if counts[name] < max_counts[name]]
        if not left:
            break
        slowest = max(left, key=lambda name: _expected_s(groups[name], counts[name]))
        counts[slowest] += 1
    return counts


def _fewest(cells: Sequence[ShardedCell], max_counts: int, limit_s: float) -> int:
    """Return the smallest number of shards that end in time; the largest where none does."""
    first = math.ceil(sum(cell.estimate_s for cell in cells) / limit_s)
    for count in range(max(first, 1), max_counts):
        if max(_seconds(part) for part in even(cells, count)) <= limit_s:
            return count
    return max_counts


def even(cells: Sequence[ShardedCell], count: int) -> list[list[ShardedCell]]:
    """Return the cells in ``count`` parts: the longest first, each into the emptiest part.

    With no more parts than cells none is empty, since every estimate is more than nothing.
    """
    parts: list[list[ShardedCell]] = [[] for _ in range(count)]
    emptiest = [(0.0, at) for at in range(count)]
    for cell in sorted(cells, key=lambda each: (-each.estimate_s, each.id)):
        seconds, at = heapq.heappop(emptiest)
        parts[at].append(cell)
        heapq.heappush(emptiest, (seconds + cell.estimate_s, at))
    return parts


def _assignments(
    cells: Sequence[Cell], runners: Sequence[Runner], estimates: Estimates
) -> tuple[Groups, Groups]:
    """Return the cells by runner: containers apart from virtual machines, or next to them."""
    sharded = [(cell, _sharded(cell, estimates)) for cell in cells]
    return _groups(sharded, runners, kvm_for_all=False), _groups(sharded, runners, kvm_for_all=True)


def _groups(
    cells: Sequence[tuple[Cell, ShardedCell]], runners: Sequence[Runner], *, kvm_for_all: bool
) -> Groups:
    """Return the cells by runner, in the order of the runners."""
    found: dict[str, list[ShardedCell]] = {runner.name: [] for runner in runners}
    for cell, sharded in cells:
        found[runner_for(cell, runners, kvm_for_all=kvm_for_all).name].append(sharded)
    return {name: group for name, group in found.items() if group}


def _sharded(cell: Cell, estimates: Estimates) -> ShardedCell:
    seconds, basis = estimates.of_cell(cell)
    return ShardedCell(
        id=cell.id,
        platform=cell.platform.id,
        upgrade=cell.upgrade_id,
        product=cell.plan.name,
        tags=cell.tags,
        estimate_s=round(seconds, 1),
        estimated_from=basis,
    )


def _max_counts(groups: Groups, runners: Sequence[Runner]) -> dict[str, int]:
    """Return how many shards each group can have: one for each of its cells, or of its runners."""
    limits = {runner.name: runner.max_shards or math.inf for runner in runners}
    return {name: int(min(len(group), limits[name])) for name, group in groups.items()}


def _expected_s(cells: Sequence[ShardedCell], count: int) -> float:
    return max(_seconds(cells) / count, *(cell.estimate_s for cell in cells))


def _seconds(cells: Sequence[ShardedCell]) -> float:
    return sum(cell.estimate_s for cell in cells)


def _shards(
    groups: Groups, runners: Sequence[Runner], counts: Mapping[str, int]
) -> tuple[Shard, ...]:
    by_name = {runner.name: runner for runner in runners}
    parts = [
        (by_name[name], part)
        for name, group in groups.items()
        for part in even(group, counts[name])
    ]
    return tuple(
        Shard(
            number=number,
            runner=runner.name,
            labels=runner.labels or (runner.name,),
            estimate_s=round(_seconds(part), 1),
            cells=tuple(part),
        )
        for number, (runner, part) in enumerate(parts, start=1)
    )
