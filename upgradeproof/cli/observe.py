"""Ask the twin of a captured server what it answers, and add that to its plan."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.capture.observing import observe_twin
from upgradeproof.cli.interrupting import interruptible
from upgradeproof.cli.observed import clock
from upgradeproof.errors import PlanError
from upgradeproof.home import Home

HELP = "build the twin of a captured server, and add to its plan what it answers"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="such as products/web1")


def run(arguments: argparse.Namespace) -> int:
    """Observe the twin, and print what is in the plan now and what is not."""
    return interruptible(lambda: _observed(arguments.folder), "the plan is as it was")


def _observed(folder: Path) -> int:
    path = folder / "upgrade.toml"
    if not path.is_file():
        raise PlanError(
            f"{path}: there is no such file",
            resolution="`upgradeproof capture` makes the folder and its plan of a live server;"
            " `upgradeproof init PACKAGE` observes a package without one",
        )
    done = observe_twin(Home(Path.cwd(), named=(path,)), clock())
    sys.stdout.write("".join(f"not in the plan: {line}\n" for line in done.left_out))
    sys.stdout.write("".join(f"added: {line}\n" for line in done.added))
    what = f"wrote {path}" if done.added else f"{path} has all of that already"
    sys.stdout.write(f"{what}\nnext: read it, then `pytest`\n")
    return 0
