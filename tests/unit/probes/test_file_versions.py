"""A file that no package owns belongs to the package with the same version in its name."""

from __future__ import annotations

import pytest

from upgradeproof.probes.file_records import File
from upgradeproof.probes.file_versions import package_of_the_same_version

IMAGE = "linux-image-6.1.0-9-amd64"


@pytest.mark.parametrize(
    ("path", "file", "package"),
    [
        ("/boot/initrd.img-6.1.0-9-amd64", File(type="file"), IMAGE),
        ("/boot/initrd.img-6.1.0-9-amd64", File(type="link"), ""),
        ("/boot/initrd.img-6.1.0-9-amd64", File(type="file", package="other"), ""),
        ("/boot/initrd.img-6.1.0-8-amd64", File(type="file"), ""),
        ("/boot/initrd.img", File(type="file"), ""),
        ("/boot/notes", File(type="file"), ""),
    ],
    ids=["its version", "a link", "another package's", "another version", "no version", "a word"],
)
def test_the_version_names_the_package(path: str, file: File, package: str) -> None:
    assert package_of_the_same_version(path, file, ["base-files", IMAGE]) == package
