"""The image of Ubuntu is bootstrapped from an archive with Ubuntu's layout, signatures checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machines.test_images import DEFINITIONS, container, output_of
from tests.machines.ubuntu_archive import (
    IN_SECURITY,
    IN_UNIVERSE,
    MAIN,
    POCKETS,
    PORTS,
    Served,
    packages_of,
    served,
    write_archive,
)
from upgradeproof import cache
from upgradeproof.errors import ImageError
from upgradeproof.imaging import Images, emulation
from upgradeproof.machines import engine
from upgradeproof.packaging.signing import Signer
from upgradeproof.plan.images import Architecture, Image, Platform

UBUNTU = "ubuntu-24.04"
DEBIAN_13 = Platform(image="debian-13", architecture="amd64", machine="container")


def platform(architecture: Architecture) -> Platform:
    return Platform(image=UBUNTU, architecture=architecture, machine="container")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("archive")
    signer = Signer(folder / "key")
    reference = Images(DEFINITIONS, cache.folder() / "images").ensure(DEBIAN_13)
    with container(reference, command=["sleep", "600"]) as machine:
        packages = packages_of(machine, folder)
    write_archive(folder / "www", packages, signer)
    keyring = folder / "keyring.gpg"
    keyring.write_bytes(signer.public())
    with served(folder / "www", keyring) as found:
        yield found


def images(archive: Served, folder: Path, **more: str) -> Images:
    """Return the makers of images with the project's own definition, but for its keyring."""
    image: Image = DEFINITIONS[UBUNTU]
    bootstrap = image.bootstrap.model_copy(update={"keyring": str(archive.keyring)})
    return Images(
        {UBUNTU: image.model_copy(update={"bootstrap": bootstrap})},
        folder,
        environ={"UPGRADEPROOF_ARCHIVE_UBUNTU": f"{archive.url}/{MAIN}", **more},
    )


def test_an_image_of_ubuntu_has_its_pockets_and_components(archive: Served, tmp_path: Path) -> None:
    made = images(archive, tmp_path).ensure(platform("amd64"))
    try:
        with container(made, command=["sleep", "600"]) as machine:
            sources = output_of(machine, "cat", "/etc/apt/sources.list").splitlines()
            assert sources == [
                f"deb {archive.url}/{MAIN} {pocket} main universe" for pocket in POCKETS
            ]
            for package in (IN_SECURITY, IN_UNIVERSE, "systemd-sysv"):
                assert "install ok installed" in output_of(machine, "dpkg", "-s", package)
            assert output_of(machine, "dpkg", "--audit") == ""
    finally:
        engine.LOCAL.client().images.remove(made, force=True)


def test_an_archive_that_is_not_signed_by_ubuntus_keyring_is_rejected(
    archive: Served, tmp_path: Path
) -> None:
    other = Signer(tmp_path / "other")
    (tmp_path / "other.gpg").write_bytes(other.public())
    wrong = Served(url=archive.url, keyring=tmp_path / "other.gpg")
    with pytest.raises(ImageError) as caught:
        images(wrong, tmp_path / "images").ensure(platform("amd64"))
    assert "bootstrap: the archive's signature is not one of the distribution's keyring" in str(
        caught.value
    )


@pytest.mark.skipif(
    emulation.obstacle("arm64") is not None, reason="`make setup-arm64` did not set up emulation"
)
def test_another_architecture_comes_from_its_own_archive(archive: Served, tmp_path: Path) -> None:
    """The archive here has no package for it: what counts is which archive is asked."""
    archive.asked.clear()
    ports = {"UPGRADEPROOF_ARCHIVE_UBUNTU_ARM64": f"{archive.url}/{PORTS}"}
    with pytest.raises(ImageError, match="mmdebstrap failed"):
        images(archive, tmp_path, **ports).ensure(platform("arm64"))
    assert {path.split("/")[1] for path in archive.asked} == {PORTS}
