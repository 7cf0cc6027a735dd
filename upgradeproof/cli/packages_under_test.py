"""Package files that a decision is about."""

from __future__ import annotations

from pathlib import Path

from upgradeproof.decision.subjects import Subject
from upgradeproof.packaging.package import read_package


def subject(path: Path) -> Subject:
    """Return a package file as the subject of a statement. Raises BuildError for what is none."""
    package = read_package(path)
    name, version, architecture = package.identity
    return Subject(name=name, version=version, architecture=architecture, sha256=package.sha256)
