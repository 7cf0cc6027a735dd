"""Split the cells into shards for several machines, and write shards.json."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from upgradeproof.cli.arguments import positive_number
from upgradeproof.errors import PlanError
from upgradeproof.files import write_result
from upgradeproof.home import Home
from upgradeproof.plan import Cell
from upgradeproof.plan.loading import nearest
from upgradeproof.results.reading import read_run, run_file
from upgradeproof.sharding import (
    Estimates,
    by_count,
    by_minutes,
    load_runners,
    runners_of,
    shards_of,
)
from upgradeproof.sharding.printing import FORMATS, show

HELP = "split the cells into shards for several machines; touches no machine"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("cells", nargs="*", help="globs over cell ids; default: all")
    parser.add_argument(
        "--plan", action="append", metavar="PATH", help="this upgrade.toml; may be repeated"
    )
    parser.add_argument(
        "--tag", action="append", default=[], help="only cells with this tag; may be repeated"
    )
    size = parser.add_mutually_exclusive_group(required=True)
    size.add_argument("--count", type=positive_number, metavar="N", help="how many shards, at most")
    size.add_argument(
        "--max-minutes", type=positive_number, metavar="M", help="how long a shard may take"
    )
    parser.add_argument(
        "--durations",
        action="append",
        default=[],
        type=Path,
        metavar="RUN",
        help="an earlier run whose durations are known; may be repeated",
    )
    parser.add_argument(
        "--runners", type=Path, metavar="FILE", help="a runners.toml: the kinds of machines"
    )
    parser.add_argument(
        "--to", type=Path, default=Path("shards.json"), metavar="FILE", help="default: shards.json"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="what is printed")


def run(arguments: argparse.Namespace) -> int:
    """Write shards.json, and print the shards as the CI server reads them."""
    home = Home(Path.cwd(), tuple(Path(path).resolve() for path in arguments.plan or ()))
    cells = _tagged(home.choose(arguments.cells), arguments.tag)
    runners = load_runners(arguments.runners) if arguments.runners else runners_of(cells)
    estimates = Estimates.of(read_run(run_file(path)) for path in arguments.durations)
    if arguments.count:
        found = by_count(cells, runners, estimates, arguments.count)
    else:
        found = by_minutes(cells, runners, estimates, arguments.max_minutes)
    shards = shards_of(home.plans_digest, home.declared_plans, found)
    text = show(shards, arguments.format)
    write_result(arguments.to, shards.model_dump_json(indent=1) + "\n")
    sys.stdout.write(text)
    return 0


def _tagged(cells: Sequence[Cell], tags: Sequence[str]) -> tuple[Cell, ...]:
    """Return the cells that have all of the tags. Raises PlanError where none is left."""
    known = {tag for cell in cells for tag in cell.tags}
    for tag in tags:
        if tag not in known:
            raise PlanError(f"no cell has the tag {tag}", details=nearest(tag, known))
    found = tuple(cell for cell in cells if set(tags) <= set(cell.tags))
    if not found:
        raise PlanError(f"no cell has all of the tags {', '.join(tags)}")
    return found
