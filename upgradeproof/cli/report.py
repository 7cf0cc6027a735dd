"""Fold journals into reports, also those of a killed run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.home import Home
from upgradeproof.render import every_format
from upgradeproof.report import report, report_parts
from upgradeproof.sharding import expect, read_shards

HELP = "fold journals into reports, also of a killed run"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument(
        "folders", nargs="*", type=Path, help="default: reports/out; with --expect: none"
    )
    parser.add_argument(
        "--expect",
        type=Path,
        metavar="SHARDS",
        help="a shards.json: what a missing, doubled, truncated or foreign part should have brought"
        " never ran",
    )
    parser.add_argument("--to", type=Path, help="where the reports go; default: the first folder")
    parser.add_argument(
        "--format", choices=every_format(), action="append", help="only this; may be repeated"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the verb."""
    home = Home(Path.cwd())
    formats = arguments.format or ()
    if arguments.expect:
        target = arguments.to or home.reports
        expected = expect(read_shards(arguments.expect), arguments.folders)
        run = report_parts(expected, target, home.templates, formats)
        sys.stdout.writelines(f"{problem}\n" for problem in expected.problems)
    else:
        folders = arguments.folders or [home.reports]
        target = arguments.to or folders[0]
        run = report(folders, target, home.templates, formats)
    for name in formats or ["html"]:
        sys.stdout.write(f"{run.verdict}: {target / every_format()[name].FILE_NAME}\n")
    return 0 if run.green else 1
