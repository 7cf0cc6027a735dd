"""Decide whether a run allows a release."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from upgradeproof.cli.arguments import moment
from upgradeproof.decision.deciding import decide
from upgradeproof.decision.folder import Sources, ask, record
from upgradeproof.decision.names import SCAN
from upgradeproof.decision.page import write_page
from upgradeproof.decision.pdf import print_pdf
from upgradeproof.decision.printing import lines
from upgradeproof.home import Home
from upgradeproof.results.reading import run_file

HELP = "decide by a policy whether a run allows a release: GO, NO-GO or CAN'T TELL"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    _add_sources(parser)
    parser.add_argument(
        "--at",
        type=moment,
        default=datetime.now(UTC),
        metavar="TIME",
        help="the time of the decision; default: now",
    )
    parser.add_argument(
        "--pdf", action="store_true", help="also print the page as PDF, by Chromium"
    )


def _add_sources(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name what a decision depends on."""
    parser.add_argument(
        "run_folder", nargs="?", type=Path, metavar="RUN", help="default: reports/out"
    )
    parser.add_argument("--policy", type=Path, metavar="FILE", help="default: reports/policy.toml")
    parser.add_argument(
        "--waivers",
        type=Path,
        metavar="FILE",
        help="default: waivers.toml next to the policy, if it exists",
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        action="append",
        default=[],
        metavar="RUN",
        help="an earlier run; may be repeated: the newest that knows a check is its baseline",
    )


def _sources(arguments: argparse.Namespace) -> Sources:
    """Return the files that the arguments name."""
    home = Home(Path.cwd())
    policy = arguments.policy or home.root / "reports" / "policy.toml"
    neighbour = policy.with_name("waivers.toml")
    run = run_file(arguments.run_folder or home.reports)
    scan = run.with_name(SCAN)
    return Sources(
        run=run,
        policy=policy,
        waivers=arguments.waivers or (neighbour if neighbour.is_file() else None),
        baselines=tuple(run_file(path) for path in arguments.baseline),
        scan=scan if scan.is_file() else None,
    )


def run(arguments: argparse.Namespace) -> int:
    """Decide, write decision.json and the page, print every reason; exit by the decision."""
    found = _sources(arguments)
    question = ask(found, arguments.at)
    answer = decide(question)
    folder = found.run.parent
    record(folder, found, answer)
    page = write_page(folder, question, answer)
    sys.stdout.writelines(f"{line}\n" for line in lines(answer))
    sys.stdout.write(f"page: {page}\n")
    if arguments.pdf:
        sys.stdout.write(f"PDF: {print_pdf(page)}\n")
    return answer.decision.outcome.exit_status
