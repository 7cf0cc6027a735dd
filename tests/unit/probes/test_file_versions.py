"""A file that no package owns is made for the one that owns its neighbour of the same version."""

from __future__ import annotations

import pytest

from upgradeproof.probes.file_records import File
from upgradeproof.probes.file_versions import package_of_the_same_version

IMAGE = "linux-image-6.1.0-9-amd64"
FILES = {
    "/boot/vmlinuz-6.1.0-9-amd64": File(type="file", package=IMAGE),
    "/boot/other-6.1.0-8-amd64": File(type="file", package="other"),
    "/srv/vmlinuz-6.1.0-7-amd64": File(type="file", package="linux-image-6.1.0-7-amd64"),
}


@pytest.mark.parametrize(
    ("path", "file", "package"),
    [
        ("/boot/initrd.img-6.1.0-9-amd64", File(type="file"), IMAGE),
        ("/boot/initrd.img-6.1.0-9-amd64", File(type="link"), ""),
        ("/boot/initrd.img-6.1.0-8-amd64", File(type="file"), ""),
        ("/boot/initrd.img-6.1.0-7-amd64", File(type="file"), ""),
        ("/boot/initrd.img", File(type="file"), ""),
        ("/boot/notes", File(type="file"), ""),
    ],
    ids=[
        "its neighbour's",
        "a link",
        "the package has no version",
        "in another folder",
        "no version",
        "no number",
    ],
)
def test_the_neighbour_of_the_same_version_names_the_package(
    path: str, file: File, package: str
) -> None:
    assert package_of_the_same_version(path, file, FILES) == package
