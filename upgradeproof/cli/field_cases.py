"""Run upgrades that failed in the field, and show which checks notice them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.cli.arguments import positive_number
from upgradeproof.field_cases import try_cases
from upgradeproof.home import Home

HELP = "run upgrades that failed in the field; see which are noticed"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("globs", nargs="*", metavar="GLOB", help="over cases; default: all")
    parser.add_argument(
        *("-j", "--workers"), type=positive_number, metavar="N", default=1, help="parallel trials"
    )
    parser.add_argument("--no-twins", action="store_true", help="leave the good twins out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the JSON report")


def run(arguments: argparse.Namespace) -> int:
    """Try the cases and their good twins; exit 1 unless the target is met."""
    found = try_cases(
        Home(Path.cwd()),
        arguments.globs,
        workers=arguments.workers,
        out=sys.stdout,
        record=arguments.json,
        twins=not arguments.no_twins,
    )
    return 0 if found.good else 1
