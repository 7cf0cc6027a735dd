"""Print every cell and its steps; touches no machine."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.home import Home
from upgradeproof.plan.printing import FORMATS, show

HELP = "print every cell and its steps; touches no machine"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("cells", nargs="*", help="globs over cell ids; default: all")
    parser.add_argument("--plan", action="append", metavar="PATH", help="an upgrade.toml")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--scripts", action="store_true", help="show each step's script")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb."""
    named = tuple(Path(path).resolve() for path in arguments.plan or ())
    wanted = Home(Path.cwd(), named).choose(arguments.cells)
    sys.stdout.write(show(wanted, arguments.format, scripts=arguments.scripts) + "\n")
    return 0
