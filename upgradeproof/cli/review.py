"""Show the unexplained changes of a run, and ask what to do with each."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.cli import runs
from upgradeproof.home import Home
from upgradeproof.review.accepting import changed_since
from upgradeproof.review.ledger import read_accepted
from upgradeproof.review.listing import as_toml, listing, not_upgraded
from upgradeproof.review.matching import ANY, chosen_cells
from upgradeproof.review.session import Session
from upgradeproof.review.unexplained import Review

HELP = "show the unexplained changes of a run, and ask about each"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument(
        "run_folder", nargs="?", type=Path, metavar="RUN", help="default: reports/out"
    )
    parser.add_argument("--cell", metavar="GLOB", default=ANY, help="only cells that match")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--list", action="store_true", help="list them, and ask nothing")
    form.add_argument("--toml", action="store_true", help="print TOML for the plan, reasons empty")


def run(arguments: argparse.Namespace) -> int:
    """List the changes, or ask for each group in a terminal; exit 1 while any is left."""
    root = Path.cwd()
    found, folder = runs.read(arguments.run_folder or Home(root).reports)
    cells = chosen_cells(found, arguments.cell)
    review = Review(found, folder, root)
    for plan in changed_since(found, folder, root):
        sys.stderr.write(f"{plan.path} changed since the run: run pytest again to see the rest\n")
    left = review.unexplained(cells, read_accepted(folder))
    unknown = [f"{line}\n" for line in not_upgraded(cells)]
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    if arguments.toml:
        sys.stdout.writelines(f"{line}\n" for line in as_toml(left))
        sys.stderr.writelines(unknown)
        return 1 if left or unknown else 0
    if arguments.list or not interactive:
        sys.stdout.writelines(f"{line}\n" for line in listing(left))
    elif left:
        Session(review, cells, root, input, sys.stdout, glob=arguments.cell).run()
        left = review.unexplained(cells, read_accepted(folder))
    sys.stdout.writelines(unknown)
    changes = sum(len(group.changes) for each in left for group in each.groups)
    sys.stdout.write(f"unexplained changes left: {changes:,}\n")
    return 1 if left or unknown else 0
