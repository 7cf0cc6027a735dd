"""Interrupt an upgrade at every step, and recover."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.home import Home
from upgradeproof.interruptions import FAULTS, sweep, table
from upgradeproof.results import Verdict

HELP = "interrupt an upgrade at every step, and recover"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("cell", metavar="GLOB", help="the cells whose upgrades are interrupted")
    parser.add_argument(
        "--at", metavar="GLOB", default="*", help="only at steps such as 'Unpacking *'"
    )
    parser.add_argument(
        "--fault", choices=FAULTS, action="append", help="only this; may be repeated"
    )


def run(arguments: argparse.Namespace) -> int:
    """Interrupt each cell that matches; exit 1 unless every interruption was recovered."""
    home = Home(Path.cwd())
    found = []
    for cell in home.choose([arguments.cell]):
        reports = home.reports / "interruptions" / cell.id
        for outcome in sweep(home, cell, reports, at=arguments.at, faults=arguments.fault):
            sys.stdout.write(f"{outcome.line}\n")
            sys.stdout.flush()
            found.append(outcome)
    sys.stdout.write(table(found))
    return 0 if all(each.verdict is Verdict.PASSED for each in found) else 1
