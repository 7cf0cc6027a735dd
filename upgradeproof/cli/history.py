"""Collect runs in one file, and list them with their flaky checks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.decision.folder import waived_places
from upgradeproof.decision.history import opened
from upgradeproof.decision.names import DECISION
from upgradeproof.results.reading import parse_run, run_file

HELP = "collect runs in one file, and list them with their flaky checks"
DEFAULT = Path("reports/history.sqlite")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    actions = parser.add_subparsers(required=True, dest="action", metavar="ACTION")
    add = actions.add_parser("add", help="add runs; a run that is there already is left out")
    add.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    listing = actions.add_parser("list", help="print the runs, then the flaky checks")
    listing.add_argument(
        "--trend", metavar="GLOB", help="also print measurements, such as '*p99*', run by run"
    )
    for action in (add, listing):
        action.add_argument(
            "--history", type=Path, default=DEFAULT, metavar="FILE", help=f"default: {DEFAULT}"
        )


def run(arguments: argparse.Namespace) -> int:
    """Run one action."""
    if arguments.action == "add":
        return _add(arguments.history, [run_file(path) for path in arguments.runs])
    with opened(arguments.history) as history:
        for past in history.runs():
            sys.stdout.write(
                f"{past.run}  {past.started_at}  {past.verdict}: {past.checks} checks, "
                f"{past.failed} failed ({past.waived} waived), {past.unknown} unknown\n"
            )
        for each in history.flaky():
            sys.stdout.write(
                f"flaky: {each.cell} {each.check}: failed in {each.failed} of "
                f"{each.passed + each.failed} runs of the same inputs\n"
            )
        if arguments.trend:
            sys.stdout.writelines(f"{each}\n" for each in history.trends(arguments.trend))
    return 0


def _add(path: Path, files: list[Path]) -> int:
    with opened(path, create=True) as history:
        for file in files:
            content = file.read_bytes()
            found = parse_run(content, file)
            added = history.add(found, content, waived_places(file.with_name(DECISION)))
            word = "added" if added else "is there already:"
            sys.stdout.write(f"{word} {found.run_id}\n")
    return 0
