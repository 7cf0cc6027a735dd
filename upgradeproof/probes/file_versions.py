"""Find the package that a file without one is made for: both have the version in their names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from upgradeproof.probes.file_records import File


def package_of_the_same_version(path: str, file: File, packages: Iterable[str]) -> str:
    """Return the package whose name ends in the version that a file has in its name, or "".

    Such as ``linux-image-6.1.0-9-amd64`` for ``/boot/initrd.img-6.1.0-9-amd64``.
    """
    version = re.sub(r"^[^0-9]*", "", path.rpartition("/")[2])
    if file.type != "file" or file.package or "." not in version:
        return ""
    return next((name for name in packages if name.endswith(f"-{version}")), "")


def package_of_the_next_version(old: File, new: File, packages: Iterable[str]) -> str:
    """Return the package by which a link moved on to the same file of another version, or "".

    Such as ``/initrd.img``: the file is made for the package whose name has the version as well.
    An alternative is left out: which version it takes is the administrator's choice.
    """
    (before, _), (after, version) = (
        re.fullmatch(r"([^0-9]*)(.*)", link.leads_to).groups()  # type: ignore[union-attr]  # fits any text of one line
        for link in (old, new)
    )
    if before != after or not version or old.choices or new.choices:
        return ""
    return next((name for name in packages if name.endswith(version)), "")
