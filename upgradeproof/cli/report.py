"""Fold journals into reports, also those of a killed run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.errors import PlanError
from upgradeproof.home import Home
from upgradeproof.plan.loading import nearest
from upgradeproof.render import every_format
from upgradeproof.report import ReportRequest, report, report_parts
from upgradeproof.results.reading import run_file
from upgradeproof.sharding import expect, read_shards

HELP = "fold journals into reports, also of a killed run"
PRINTED = "github"
"""The format that is for a step's output; it is printed, too."""
WITH_WAIVERS = ("github", "sarif")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument(
        "folders", nargs="*", type=Path, help="default: reports/out; with --expect: none"
    )
    parser.add_argument(
        "--expect",
        type=Path,
        metavar="SHARDS",
        help="a shards.json: cells of missing, doubled, truncated and foreign parts are never_ran",
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="where the reports go; default: the first folder, with --expect reports/out",
    )
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        action="append",
        help="only this format, such as html or github; may be repeated",
    )
    parser.add_argument(
        "--waivers",
        type=Path,
        metavar="FILE",
        help="for github and sarif; default: reports/waivers.toml, if it exists",
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="RUN", help="for ctrf: an earlier run to refer to"
    )
    parser.add_argument(
        "--shard-id", default="", metavar="NAME", help="for ctrf: the part of a run that this is"
    )


def _request(arguments: argparse.Namespace, home: Home) -> ReportRequest:
    for name in arguments.format or ():
        if name not in every_format():
            raise PlanError(
                f"there is no report format {name!r}", details=nearest(name, every_format())
            )
    waivers = arguments.waivers
    usual = home.root / "reports" / "waivers.toml"
    if waivers is None and usual.is_file() and {*WITH_WAIVERS} & {*(arguments.format or ())}:
        waivers = usual
    return ReportRequest(
        formats=arguments.format or (),
        templates=home.templates,
        root=home.root,
        waivers=waivers,
        baseline=run_file(arguments.baseline) if arguments.baseline else None,
        shard=arguments.shard_id,
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the verb."""
    home = Home(Path.cwd()).open()
    request = _request(arguments, home)
    if arguments.expect:
        target = arguments.to or home.reports
        expected = expect(read_shards(arguments.expect), arguments.folders)
        run = report_parts(expected, target, request)
        sys.stdout.writelines(f"{problem}\n" for problem in expected.problems)
    else:
        folders = arguments.folders or [home.reports]
        target = arguments.to or folders[0]
        run = report(folders, target, request)
    for file, error in request.unwritten.items():
        sys.stderr.write(f"{file} was not written: {error}\n")
    if PRINTED in request.formats:
        sys.stdout.write((target / every_format()[PRINTED].FILE_NAME).read_text(encoding="utf-8"))
    for name in request.formats or ["html"]:
        sys.stdout.write(f"{run.verdict}: {target / every_format()[name].FILE_NAME}\n")
    return 0 if run.green else 1
