"""The bootstrap's command lines are compared as a whole; its errors quote apt and its solution."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.imaging.fakes import EXAMPLE
from upgradeproof.command import Completed
from upgradeproof.errors import ImageError
from upgradeproof.imaging import Request
from upgradeproof.imaging.archive import Archive
from upgradeproof.imaging.mmdebstrap import LINE, apt_options, argv, explain
from upgradeproof.imaging.sources.bootstrap import SOURCE
from upgradeproof.plan.images import Architecture, load_images

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden"
IMAGES = load_images(ROOT)
OF_HOST = Archive(
    main="http://mirror.example/debian",
    security="http://mirror.example/debian-security",
    chosen=False,
)


def request(name: str, architecture: Architecture, archive: Archive | None = None) -> Request:
    return Request(name=name, image=IMAGES[name], architecture=architecture, archive=archive)


@pytest.mark.parametrize(
    ("name", "architecture", "archive", "as_root"),
    [
        ("debian-11", "amd64", OF_HOST, True),
        ("debian-11", "arm64", OF_HOST, True),
        ("debian-12", "amd64", OF_HOST, True),
        ("debian-13", "arm64", OF_HOST, True),
        ("debian-13", "amd64", None, False),
        ("ubuntu-22.04", "amd64", None, True),
        ("ubuntu-24.04", "arm64", None, True),
    ],
)
def test_command_line(
    name: str, architecture: Architecture, archive: Archive | None, as_root: bool
) -> None:
    line = argv(request(name, architecture, archive), Path("/scratch"), as_root=as_root)
    golden = GOLDEN / f"{name}-{architecture}.{'root' if as_root else 'user'}.txt"
    assert "\n".join(line) + "\n" == golden.read_text(encoding="utf-8")


def test_every_image_declares_both_architectures_and_an_init() -> None:
    releases = ["debian-11", "debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04"]
    assert sorted(IMAGES) == sorted([*releases, "debian-12-uefi"])
    for name, image in IMAGES.items():
        both = ("amd64", "arm64")
        assert image.architectures == (both if name in releases else ("amd64",))
        assert "systemd-sysv" in image.bootstrap.packages


def test_apt_gets_this_hosts_proxies_and_our_time_limits() -> None:
    dump = (
        'Acquire::http "";\n'
        'Acquire::http::Proxy "http://me:secret@proxy.example:3128";\n'
        'Acquire::http::Timeout "120";\n'
        'Acquire::https::CAInfo "/etc/ssl/own.pem";\n'
        'Acquire::https::Verify-Peer "";\n'
    )
    assert apt_options(dump) == (
        'Acquire::http::Proxy "http://me:secret@proxy.example:3128";\n'
        'Acquire::https::CAInfo "/etc/ssl/own.pem";\n'
        'Acquire::http::Timeout "10";\n'
        'Acquire::https::Timeout "10";\n'
        'Acquire::Retries "0";\n'
    )


def failed(stderr: str) -> ImageError:
    return explain(
        Completed(
            command="mmdebstrap",
            exit_status=25,
            stdout=b"",
            stderr=stderr.encode(),
            duration_s=1.0,
        )
    )


def test_an_archive_that_cannot_be_reached() -> None:
    error = failed(
        "I: running apt-get update...\n"
        "Err:1 http://a.example/x first InRelease\n  Could not resolve 'a.example'\n"
        "E: Failed to fetch http://a.example/x/dists/first/InRelease  Could not resolve "
        "'a.example'\nE: mmdebstrap failed to run\n"
    )
    assert str(error) == (
        "the archive can't be reached, or lacks this release\n"
        "E: Failed to fetch http://a.example/x/dists/first/InRelease  Could not resolve "
        "'a.example'\n"
        "To do: check the network; or name an archive that this host reaches in "
        "UPGRADEPROOF_ARCHIVE_<FAMILY>, or as `archive` in the image"
    )


def test_a_signature_that_is_not_the_distributions() -> None:
    error = failed("E: The repository 'http://a.example/x first InRelease' is not signed.\n")
    assert str(error) == (
        "the archive's signature is not one of the distribution's keyring\n"
        "E: The repository 'http://a.example/x first InRelease' is not signed.\n"
        "To do: update the keyring's package, or name the right keyring in the image"
    )


def test_a_full_disk() -> None:
    error = failed("tar: root: Cannot write: No space left on device\n")
    assert str(error) == (
        "the disk is full\n"
        "tar: root: Cannot write: No space left on device\n"
        "To do: free disk space; an image needs about 1.5 GB"
    )


def test_any_other_error_is_printed_unchanged() -> None:
    assert str(failed("E: Unable to locate package nosuch\n")) == (
        "mmdebstrap failed with exit status 25\nE: Unable to locate package nosuch"
    )


def test_a_package_that_is_not_installed_is_explained_by_dpkg() -> None:
    """mmdebstrap reports only the failed call, which names every package."""
    packages = " ".join(f"/var/cache/apt/archives/package-{number}.deb" for number in range(20))
    error = failed(
        "Preparing to unpack .../base-files.deb ...\n"
        "dpkg-divert: error: 'diversion of /lib64' clashes with 'local diversion of /lib64'\n"
        "dpkg: error processing archive base-files.deb (--install):\n"
        f"E: setup failed: E: chroot /tmp/root dpkg --install {packages} failed\n"
        "E: mmdebstrap failed to run\n"
    )
    first, divert, processing, call = str(error).splitlines()
    assert first == "mmdebstrap failed with exit status 25"
    assert (
        divert
        == "dpkg-divert: error: 'diversion of /lib64' clashes with 'local diversion of /lib64'"
    )
    assert processing == "dpkg: error processing archive base-files.deb (--install):"
    assert call.startswith("E: setup failed: E: chroot /tmp/root dpkg --install /var/cache")
    assert len(call) <= LINE


def test_without_the_keyring_nothing_is_downloaded() -> None:
    example = Request(name="example-1", image=EXAMPLE, architecture="amd64", archive=None)
    assert str(SOURCE.obstacle(example)) == (
        "there is no keyring /usr/share/keyrings/example-archive-keyring.gpg: signatures can't be "
        "checked\n"
        "To do: install example's archive keyring package, or copy that file from a trusted "
        "example machine"
    )
