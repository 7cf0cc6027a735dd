"""What a run was made of: the engine's code, packages under test, and snapshots of archives."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from upgradeproof.plan import Release
from upgradeproof.probes import Facts
from upgradeproof.probes.archive_indexes import ArchiveIndexes
from upgradeproof.probes.package_files import PackageFile, PackageFiles
from upgradeproof.probes.packages import Packages
from upgradeproof.results import ArchiveSnapshot, PackageUnderTest


def packages_under_test(release: Release, facts: Facts) -> tuple[PackageUnderTest, ...]:
    """Return the installed packages that a release names, in the order of their names."""
    return tuple(
        _tested(name, facts[PackageFiles].get(name), facts[Packages][name].version)
        for name in sorted(release.packages)
        if name in facts[Packages] and facts[Packages][name].installed
    )


def _tested(name: str, file: PackageFile | None, version: str) -> PackageUnderTest:
    """Return a package; the sum of another version's file does not count."""
    if file is None or file.version != version:
        return PackageUnderTest(name=name, version=version, architecture="")
    return PackageUnderTest(
        name=name, version=version, architecture=file.architecture, sha256=file.sha256
    )


def archive_snapshots(facts: Facts) -> tuple[ArchiveSnapshot, ...]:
    """Return the signed indexes that apt had, in the order of their names."""
    return tuple(
        ArchiveSnapshot(name=name, sha256=index.sha256, date=index.date)
        for name, index in sorted(facts[ArchiveIndexes].items())
    )


@cache
def engine_digest() -> str:
    """Return the SHA-256 over the names and contents of the engine's files, its suites included.

    It is the same in a checkout and in a wheel: images, which a wheel has in ``data``, are attested
    on their own.
    """
    root = Path(__file__).parents[1]
    files = (
        Path(folder, name)
        for folder, _, names in os.walk(root, followlinks=True)  # links: a checkout's suites
        for name in names
        if Path(folder).name != "__pycache__"
    )
    found = {path.relative_to(root).as_posix(): path for path in files}
    lines = (
        f"{hashlib.sha256(found[name].read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(found)
        if not name.startswith("data/")
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
