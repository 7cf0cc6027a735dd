"""The packages and snapshots of which a state was made, read from its facts."""

from __future__ import annotations

from upgradeproof.plan import Release
from upgradeproof.probes import Facts
from upgradeproof.probes.archive_indexes import IndexFile
from upgradeproof.probes.package_files import PackageFile
from upgradeproof.probes.packages import Package
from upgradeproof.results import ArchiveSnapshot, PackageUnderTest
from upgradeproof.runner.provenance import archive_snapshots, packages_under_test

SUM = "a" * 64
FACTS = Facts(
    {
        "packages": {
            "thing": Package(version="2.0", state="install ok installed"),
            "data": Package(version="2.0", state="install ok installed"),
            "gone": Package(version="2.0", state="deinstall ok config-files"),
            "other": Package(version="2.0", state="install ok installed"),
        },
        "package_files": {
            "thing": PackageFile(version="2.0", architecture="amd64", sha256=SUM),
            "data": PackageFile(version="1.0", architecture="all", sha256=SUM),
        },
        "archive_indexes": {
            "b_InRelease": IndexFile(sha256=SUM, suite="first"),
            "a_InRelease": IndexFile(sha256=SUM, date="2026-11-28T02:53:00+00:00"),
        },
    }
)


def test_the_packages_of_the_release_are_under_test() -> None:
    release = Release(name="2", packages={"thing": "2*", "data": "2*", "gone": "2*", "none": "*"})
    assert packages_under_test(release, FACTS) == (
        PackageUnderTest(name="data", version="2.0", architecture=""),
        PackageUnderTest(name="thing", version="2.0", architecture="amd64", sha256=SUM),
    )


def test_the_snapshots_are_in_the_order_of_their_names() -> None:
    assert archive_snapshots(FACTS) == (
        ArchiveSnapshot(name="a_InRelease", sha256=SUM, date="2026-11-28T02:53:00+00:00"),
        ArchiveSnapshot(name="b_InRelease", sha256=SUM),
    )
