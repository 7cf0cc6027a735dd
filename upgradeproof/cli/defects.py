"""Inject known defects, and show which checks catch them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.cli.arguments import positive_number
from upgradeproof.defects import detect
from upgradeproof.home import Home

HELP = "inject known defects; see which checks catch them"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("names", nargs="*", help="defects by their files' names; default: all")
    parser.add_argument(
        "--cell", metavar="GLOB", action="append", help="only cells that match; may be repeated"
    )
    parser.add_argument(
        *("-j", "--workers"), type=positive_number, metavar="N", default=1, help="parallel trials"
    )


def run(arguments: argparse.Namespace) -> int:
    """Try each defect on each platform; exit 1 unless all are caught, without false alarm."""
    found = detect(
        Home(Path.cwd()),
        arguments.names,
        arguments.cell or (),
        workers=arguments.workers,
        out=sys.stdout,
    )
    return 0 if found.good else 1
