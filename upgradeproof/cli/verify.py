"""Verify a signed decision."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.cli.arguments import at_least_one, moment
from upgradeproof.cli.packages_under_test import add_packages, subjects
from upgradeproof.decision.keys import fingerprint
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
        "--threshold", type=at_least_one, default=1, metavar="N", help="how many must have signed"
    )
    add_packages(parser, "a package file that the statements must name")


def run(arguments: argparse.Namespace) -> int:
    """Print who signed what, or every problem; exit 1 where there is one."""
    found = verify(
        arguments.folder, arguments.signers, at=arguments.at, threshold=arguments.threshold
    )
    wanted = [each.descriptor() for each in subjects(arguments)]
    strangers = [each["name"] for each in wanted if each not in found.packages]
    sys.stdout.writelines(f"{problem}\n" for problem in found.problems)
    sys.stdout.writelines(f"{name}: the statements do not name this file\n" for name in strangers)
    sys.stdout.writelines(f"note: {note}\n" for note in found.notes)
    if not found.ok or found.decision is None or strangers:
        sys.stdout.write("NOT VERIFIED\n")
        return 1
    decision = found.decision
    sys.stdout.write(f"verified: {decision.outcome.word} for run {decision.run_id}")
    sys.stdout.write(f", decided at {decision.decided_at}\n")
    for each in found.signers:
        sys.stdout.write(f"signed by {each.name}, key {fingerprint(each.blob)}\n")
    for package in found.packages:
        sys.stdout.write(f"about {package['name']}, SHA-256 {package['digest']['sha256']}\n")
    return 0
