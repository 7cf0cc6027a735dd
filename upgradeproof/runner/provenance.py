"""What a state was made of, from its facts: packages under test, and snapshots of archives."""

from __future__ import annotations

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
