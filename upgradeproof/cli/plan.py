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
    parser.add_argument(
        "--plan", action="append", metavar="PATH", help="this upgrade.toml; may be repeated"
    )
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--scripts", action="store_true", help="show each step's script")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb."""
    named = tuple(Path(path).resolve() for path in arguments.plan or ())
    home = Home(Path.cwd(), named)
    wanted = home.choose(arguments.cells)
    text = show(
        wanted, arguments.format, scripts=arguments.scripts, engines=home.placement.names(wanted)
    )
    sys.stdout.write(text + "\n")
    return 0
