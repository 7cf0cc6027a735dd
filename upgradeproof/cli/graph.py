"""Print what each release works with, as a Mermaid graph."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.errors import PlanError
from upgradeproof.home import Home
from upgradeproof.plan.loading import nearest
from upgradeproof.preflight.support import support_graph
from upgradeproof.render.support import mermaid

HELP = "print what each release works with, as Mermaid"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("products", nargs="*", help="products by name; default: all")


def run(arguments: argparse.Namespace) -> int:
    """Run the verb."""
    plans = {plan.name: plan for plan in Home(Path.cwd()).plans}
    for name in arguments.products:
        if name not in plans:
            raise PlanError(f"there is no product {name!r}; {nearest(name, plans)}")
    wanted = arguments.products or plans
    releases = [release for name in wanted for release in support_graph(plans[name])]
    if not releases:
        raise PlanError(
            "no release names its components",
            resolution="add [[release.component]] to the plan",
        )
    sys.stdout.write(mermaid(releases) + "\n")
    return 0
