"""Find the package that a file without one is made for: both have the version in their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from upgradeproof.probes.file_records import File


def package_of_the_same_version(path: str, file: File, files: Mapping[str, File]) -> str:
    """Return the package of a file with the same version in its name, in the same folder, or "".

    Such as ``/boot/vmlinuz-6.1.0-9-amd64`` for ``/boot/initrd.img-6.1.0-9-amd64``.
    """
    folder, _, name = path.rpartition("/")
    version = re.sub(r"^[^0-9]*", "", name)
    if file.type != "file" or file.package or "." not in version:
        return ""
    others = (
        each.package
        for other, each in files.items()
        if each.package and other.endswith(f"-{version}") and other.rpartition("/")[0] == folder
    )
    return next((package for package in others if package.endswith(version)), "")


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
