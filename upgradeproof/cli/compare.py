"""Compare a run with earlier ones."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from upgradeproof.decision.comparison import Baseline, Comparison, Kind, compare
from upgradeproof.decision.folder import waived_places
from upgradeproof.decision.history import opened
from upgradeproof.decision.names import DECISION
from upgradeproof.decision.significance import Counted, counted
from upgradeproof.errors import PlanError
from upgradeproof.results import Change
from upgradeproof.results.reading import read_run, run_file

HELP = "compare a run with earlier ones: checks, measurements, what the upgrades bring"
MAX_CHANGES = 40
"""Changes of each list that are printed unless --all is given."""
MIN_RUNS = 2
BAD = (Kind.REGRESSED, Kind.PROOF_LOST)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="OLD and NEW; older ones before them"
    )
    parser.add_argument("--history", type=Path, metavar="FILE", help="counts of many runs")
    parser.add_argument("--all", action="store_true", help="print every change of the facts")


def run(arguments: argparse.Namespace) -> int:
    """Print what changed; exit 1 where a check regressed or a proof is lost."""
    if len(arguments.runs) < MIN_RUNS:
        raise PlanError("a comparison needs two runs", resolution="`upgradeproof compare OLD NEW`")
    *earlier, new = [run_file(path) for path in arguments.runs]
    found = read_run(new)
    baselines = [
        Baseline(run=read_run(path), waived=waived_places(path.with_name(DECISION)))
        for path in earlier
    ]
    comparison = compare(baselines, found, waived_places(new.with_name(DECISION)))
    counts: Sequence[Counted] = ()
    if arguments.history:
        newest = max((each.run for each in baselines), key=lambda each: each.started_at)
        with opened(arguments.history) as history:
            counts = list(counted(history, newest, found))
    limit = None if arguments.all else MAX_CHANGES
    sys.stdout.writelines(f"{line}\n" for line in _lines(comparison, counts, limit))
    return 1 if any(line.kind in BAD for line in comparison.lines) else 0


def _lines(comparison: Comparison, counts: Sequence[Counted], limit: int | None) -> Iterator[str]:
    yield f"run {comparison.run}, compared with run {comparison.baseline}"
    yield from (f"the plan of {name} changed" for name in comparison.plans_changed)
    yield from (f"{new} is compared with {old}" for new, old in comparison.pairs)
    yield from (f"new cell: {name}" for name in comparison.new_cells)
    yield from (f"gone cell: {name}" for name in comparison.gone_cells)
    for kind in Kind:
        yield from map(str, comparison.of(kind))
    if not comparison.lines:
        yield "no check changed"
    yield from _section("counts of all runs with the same inputs", [str(each) for each in counts])
    yield from _section("measured", [str(each) for each in comparison.measures])
    brought = [_change(*each) for each in comparison.brought]
    yield from _section("upgrades bring now, and did not before", brought, limit)
    dropped = [_change(*each) for each in comparison.dropped]
    yield from _section("upgrades do not bring any more", dropped, limit)


def _section(title: str, lines: Sequence[str], limit: int | None = None) -> Iterator[str]:
    if not lines:
        return
    yield f"{title}:"
    yield from (f"  {line}" for line in lines[:limit])
    if limit is not None and len(lines) > limit:
        yield f"  and {len(lines) - limit} more; --all prints them"


def _change(cell: str, change: Change) -> str:
    return f"{cell} {change}"
