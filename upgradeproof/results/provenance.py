"""What a state was made of: an image, snapshots of archives, files of packages under test."""

from __future__ import annotations

from upgradeproof.results.base import Frozen


class ImageFile(Frozen):
    """The operating system image that a cell started from."""

    reference: str
    """Its name where it is stored; it contains the key of its definition."""
    sha256: str
    """Of its content: of a container image the id, of a disk the sum of its files."""


class ArchiveSnapshot(Frozen):
    """A signed index that apt had verified: it covers the sum of every package of its archive."""

    name: str
    """The name of the file in apt's folder."""
    sha256: str
    date: str = ""
    """When the archive made it: UTC, ISO 8601; empty: not known."""


class PackageUnderTest(Frozen):
    """An installed package under test, and the file that it came from."""

    name: str
    version: str
    architecture: str
    sha256: str = ""
    """Of the file; empty: no list of apt names it, such as where dpkg alone installed it."""
