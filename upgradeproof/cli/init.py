"""Write a plan: of packages as they were observed, or a first one to start from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.cli.interrupting import interruptible
from upgradeproof.cli.observed import add_arguments, announce, observed_plan, ordered
from upgradeproof.errors import PlanError
from upgradeproof.home import Home
from upgradeproof.observe.folder import refuse_existing, write_folder
from upgradeproof.starter import write_starter

HELP = "write the plan of packages as they are observed; without any: a first upgrade.toml"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    add_arguments(parser, required=False)


def run(arguments: argparse.Namespace) -> int:
    """Write `products/NAME/upgrade.toml`, or the starter where no package is named."""
    if arguments.packages:
        return interruptible(lambda: _observed(arguments), "nothing was written")
    if arguments.old or arguments.new or arguments.name:
        raise PlanError(
            "--from, --to and --name go with packages, and none is named",
            resolution="`upgradeproof init PACKAGE... --from RELEASE --to RELEASE`",
        )
    for path in write_starter(Path.cwd()):
        sys.stdout.write(f"wrote {path}\n")
    sys.stdout.write("next: edit upgrade.toml, then `upgradeproof plan`, then `pytest`\n")
    return 0


def _observed(arguments: argparse.Namespace) -> int:
    home = Home(Path.cwd())
    order = ordered(arguments, home)
    folder = home.root / "products" / order.name
    refuse_existing(folder)
    text, lines = observed_plan(order, home)
    write_folder(folder, {"upgrade.toml": text.encode()})
    announce(lines)
    sys.stdout.write(f"wrote {folder / 'upgrade.toml'}\n")
    sys.stdout.write("next: read it, then `upgradeproof plan`, then `pytest`\n")
    return 0
