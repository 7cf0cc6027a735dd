"""Package files that a decision is about: the option `--package` of several verbs."""

from __future__ import annotations

import argparse
from pathlib import Path

from upgradeproof.decision.subjects import Subject
from upgradeproof.packaging.package import read_package


def add_packages(parser: argparse.ArgumentParser, help_text: str) -> None:
    """Add the option, which may be repeated."""
    parser.add_argument(
        "--package",
        type=Path,
        action="append",
        default=[],
        metavar="DEB",
        help=f"{help_text}; may be repeated",
    )


def subjects(arguments: argparse.Namespace) -> list[Subject]:
    """Return the package files that were named. Raises BuildError for what is no package."""
    return [_subject(path) for path in arguments.package]


def _subject(path: Path) -> Subject:
    package = read_package(path)
    name, version, architecture = package.identity
    return Subject(name=name, version=version, architecture=architecture, sha256=package.sha256)
