"""Fold journals into reports, also those of a killed run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.errors import PlanError
from upgradeproof.home import Home
from upgradeproof.plan.loading import nearest
from upgradeproof.render import every_format
from upgradeproof.report import report

HELP = "fold journals into reports, also of a killed run"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("folders", nargs="*", type=Path, help="default: reports/out")
    parser.add_argument("--to", type=Path, help="where the reports go; default: the first folder")
    parser.add_argument(
        "--format", metavar="FORMAT", action="append", help="only this; may be repeated"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the verb."""
    home = Home(Path.cwd()).open()
    for name in arguments.format or ():
        if name not in every_format():
            raise PlanError(
                f"there is no report format {name!r}", details=nearest(name, every_format())
            )
    folders = arguments.folders or [home.reports]
    target = arguments.to or folders[0]
    run = report(folders, target, home.templates, arguments.format or ())
    for name in arguments.format or ["html"]:
        sys.stdout.write(f"{run.verdict}: {target / every_format()[name].FILE_NAME}\n")
    return 0 if run.green else 1
