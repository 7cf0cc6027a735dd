"""The texts of an APT repository; pure: equal packages give equal texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from email.utils import formatdate

from upgradeproof.errors import BuildError
from upgradeproof.packaging.build import EPOCH_S
from upgradeproof.packaging.package import Package


def distinct(packages: Iterable[Package]) -> tuple[Package, ...]:
    """Return the packages in order, each once.

    Raises BuildError when two releases give one name, version and architecture to different
    packages: APT would take either.
    """
    found: dict[tuple[str, str, str], Package] = {}
    for package in packages:
        known = found.setdefault(package.identity, package)
        if known.sha256 != package.sha256:
            raise BuildError(
                f"two releases have a package {package.file_name}, and the two differ",
                resolution="give each release its own version",
            )
    return tuple(found[identity] for identity in sorted(found))


def packages_file(packages: Iterable[Package]) -> str:
    """Return the index of the packages."""
    return "\n".join(
        f"{package.control}\n"
        f"Filename: ./{package.file_name}\n"
        f"Size: {package.size}\n"
        f"SHA256: {package.sha256}\n"
        for package in packages
    )


def release_file(name: str, index: str) -> str:
    """Return what is signed: the sum of the index.

    The date is always the same: APT refuses a repository that is older than the one it knows, and
    a cached one may have been signed later than the one that follows it.
    """
    content = index.encode()
    date = formatdate(EPOCH_S, usegmt=True)
    return (
        f"Origin: {name}\n"
        f"Label: {name}\n"
        f"Date: {date}\n"
        "SHA256:\n"
        f" {hashlib.sha256(content).hexdigest()} {len(content)} Packages\n"
    )
