"""Write an expected change of a run into its plan."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.cli import runs
from upgradeproof.home import Home
from upgradeproof.review.accepting import accept
from upgradeproof.review.matching import ANY, Asked

HELP = "write an expected change of a run into its plan"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("globs", nargs="+", metavar="GLOB", help="over the paths of the changes")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why the change is correct")
    parser.add_argument(
        "--kind", choices=get_args(ChangeKind), help="explain only changes of this kind"
    )
    parser.add_argument("--cell", metavar="GLOB", default=ANY, help="only for these cells")
    parser.add_argument(
        "--upgrade", metavar="A-to-B", default="", help="write it below this upgrade"
    )
    parser.add_argument(
        "--run", type=Path, dest="run_folder", metavar="RUN", help="default: reports/out"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the change, and print where it is and what it covers."""
    root = Path.cwd()
    found, folder = runs.read(arguments.run_folder or Home(root).reports)
    asked = Asked(
        globs=tuple(arguments.globs),
        reason=arguments.reason,
        kind=arguments.kind,
        cell=arguments.cell,
        upgrade=arguments.upgrade,
    )
    done = accept(found, folder, root, asked)
    sys.stdout.writelines(f"{line}\n" for line in done.lines(root))
    return 0
