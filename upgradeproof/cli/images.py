"""Make the images that cells start from."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from upgradeproof.home import Home
from upgradeproof.plan import Cell

HELP = "make the images that cells start from, before a run does"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("cells", nargs="*", help="globs over cell ids; default: all")
    parser.add_argument(
        "--shard", metavar="FILE:N", help="only for the cells of shard N of a shards.json"
    )


def run(arguments: argparse.Namespace) -> int:
    """Make each image once and print its name on its engine."""
    home = Home(Path.cwd())
    cells = home.choose(arguments.cells)
    if arguments.shard:
        cells = _of_shard(home, cells, arguments.shard)
    places = home.placement.names(cells)
    here = home.imaging()
    with ExitStack() as opened:
        for cell in {(each.platform.id, places.get(each.id)): each for each in cells}.values():
            engine = home.engine_of(cell)
            if engine:
                opened.enter_context(engine)
            images = engine.images(home.images, "") if engine else here
            where = f"  on {places[cell.id]}" if places else ""
            sys.stdout.write(f"{cell.platform.id}  {images.ensure(cell.platform)}{where}\n")
            sys.stdout.flush()
    return 0


def _of_shard(home: Home, cells: tuple[Cell, ...], word: str) -> tuple[Cell, ...]:
    """Return the cells of a shard. Raises PlanError where it is not one of these plans."""
    shards, number = home.shards(word, "--shard", Path.cwd())
    wanted = {cell.id for cell in shards.shards[number - 1].cells}
    return tuple(cell for cell in cells if cell.id in wanted)
