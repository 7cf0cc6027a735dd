"""Verify a signed decision."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from upgradeproof.cli.arguments import days, moment, positive_number
from upgradeproof.cli.packages_under_test import add_packages, subjects
from upgradeproof.decision.expecting import Expected
from upgradeproof.decision.keys import fingerprint
from upgradeproof.decision.names import visible
from upgradeproof.decision.verifying import verify

HELP = "verify a signed decision offline: signatures, sums, and everything made again"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of a signed run")
    parser.add_argument(
        "--signers", type=Path, required=True, metavar="FILE", help="allowed signers, as for ssh"
    )
    parser.add_argument(
        "--at", type=moment, metavar="TIME", help="when keys must be valid; default: the decision"
    )
    parser.add_argument(
        "--threshold",
        type=positive_number,
        default=1,
        metavar="N",
        help="how many must have signed",
    )
    parser.add_argument(
        "--max-age-days",
        type=days,
        metavar="N",
        help="refuse an older decision: it may be that of an earlier release",
    )
    parser.add_argument(
        "--policy", type=Path, metavar="FILE", help="the policy that must have been used"
    )
    parser.add_argument(
        "--waivers", type=Path, metavar="FILE", help="the waivers that must have been used"
    )
    add_packages(parser, "a package file that the statements must name")


def run(arguments: argparse.Namespace) -> int:
    """Print who signed what, or every problem; exit 1 where there is one."""
    found = verify(
        arguments.folder,
        arguments.signers,
        at=arguments.at,
        threshold=arguments.threshold,
        expected=Expected(
            now=datetime.now(UTC),
            max_age_days=arguments.max_age_days,
            policy=arguments.policy,
            waivers=arguments.waivers,
        ),
    )
    wanted = [each.descriptor() for each in subjects(arguments)]
    strangers = [each["name"] for each in wanted if each not in found.packages]
    problems = [
        *found.problems,
        *(f"{name}: the statements do not name this file" for name in strangers),
    ]
    _print([*problems, *(f"note: {note}" for note in found.notes)])
    if not found.ok or found.decision is None or strangers:
        sys.stdout.write("NOT VERIFIED\n")
        return 1
    decision = found.decision
    went = f"{decision.outcome.word} for run {decision.run_id}"
    _print(
        [
            f"verified: {went}, decided at {decision.decided_at}",
            *(f"signed by {each.name}, key {fingerprint(each.blob)}" for each in found.signers),
            *(f"about {p['name']}, SHA-256 {p['digest']['sha256']}" for p in found.packages),
        ]
    )
    return 0


def _print(lines: Iterable[str]) -> None:
    """Print lines that contain names and texts of who made the folder."""
    sys.stdout.writelines(f"{visible(line)}\n" for line in lines)
