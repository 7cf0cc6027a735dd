"""Sign a decision."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.cli.packages_under_test import add_packages, subjects
from upgradeproof.decision.keys import fingerprint, open_signer
from upgradeproof.decision.signing import sign
from upgradeproof.home import Home
from upgradeproof.results.reading import run_file

HELP = "sign a decision and all that it depends on, by an OpenSSH key"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument(
        "run_folder", nargs="?", type=Path, metavar="RUN", help="default: reports/out"
    )
    parser.add_argument(
        "--key",
        type=Path,
        required=True,
        metavar="FILE",
        help="an ed25519 key of OpenSSH; a public key for one that an ssh-agent holds",
    )
    add_packages(parser, "a package under test, which the statements then name")


def run(arguments: argparse.Namespace) -> int:
    """Sign, and print by which key."""
    folder = run_file(arguments.run_folder or Home(Path.cwd()).reports).parent
    signer = open_signer(arguments.key.expanduser())
    done = sign(folder, signer, subjects(arguments))
    if done.removed:
        sys.stdout.write(f"removed {done.removed} signatures: the folder changed after them\n")
    sys.stdout.write(f"signed by {fingerprint(signer.blob)}: {done.path}\n")
    return 0
