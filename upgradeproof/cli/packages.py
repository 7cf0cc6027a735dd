"""Build the products' own packages, and list them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.errors import PlanError
from upgradeproof.globs import fits
from upgradeproof.home import Home
from upgradeproof.plan.loading import nearest

HELP = "build the products' own packages; list them"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("products", nargs="*", help="globs over products; default: all")


def run(arguments: argparse.Namespace) -> int:
    """Print each package's checksum and path, as ``sha256sum`` does."""
    home = Home(Path.cwd())
    wanted = arguments.products or ["*"]
    plans = [plan for plan in home.plans if plan.packages]
    chosen = [plan for plan in plans if fits(plan.name, wanted)]
    if not chosen:
        names = [plan.name for plan in plans]
        raise PlanError(f"no product with own packages fits; {nearest(wanted[0], names)}")
    for plan in chosen:
        for release in plan.release:
            for package in home.packager.packages(plan, release.name):
                sys.stdout.write(f"{package.sha256}  {package.path}\n")
    return 0
