"""This host's programs overlay those of another architecture's root, and are removed again."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from upgradeproof.imaging.mmdebstrap import overlay_hooks

OVERLAY, REMOVE = (option.partition("=")[2] for option in overlay_hooks())
DIVERSIONS = "/bin/sh\n/bin/sh.distrib\ndash\n"
PROGRAMS = ("usr/bin/cat", "usr/bin/dash", "usr/bin/perl", "usr/bin/uname")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with merged /usr, as dpkg unpacks it, with programs that this host can't run."""
    root = tmp_path / "root"
    for folder in ("usr/bin", "usr/lib/other-architecture", "usr/share", "var/lib/dpkg", "dev"):
        (root / folder).mkdir(parents=True)
    for folder in ("bin", "lib"):
        (root / folder).symlink_to(f"usr/{folder}")
    for program in PROGRAMS:
        (root / program).write_text("not for this host")
        (root / program).chmod(0o755)
    (root / "var/lib/dpkg/diversions").write_text(DIVERSIONS)
    return root


def hook(script: str, root: Path) -> None:
    """Run a hook as mmdebstrap does."""
    subprocess.run(["sh", "-c", script, "exec", str(root)], check=True)


def listed(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else b""
        for path in root.rglob("*")
    }


def test_an_overlay_is_removed_completely(root: Path) -> None:
    before = listed(root)
    hook(OVERLAY, root)
    assert len(listed(root)) > len(before) + 20
    hook(REMOVE, root)
    assert listed(root) == before


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="this host has no dpkg")
@pytest.mark.parametrize("preinst", ["set -e", "dpkg-divert --divert /.lib64.usr-is-merged /lib64"])
def test_a_link_is_diverted_unless_base_files_diverts_it(
    root: Path, tmp_path: Path, preinst: str
) -> None:
    """Two diversions of one name conflict: this prevented an image of Debian 13 for arm64."""
    source, archives = tmp_path / "package", root / "var/cache/apt/archives"
    (source / "DEBIAN").mkdir(parents=True)
    control = "Package: base-files\nVersion: 13\nArchitecture: all\nMaintainer: x <x@example.org>\n"
    (source / "DEBIAN/control").write_text(f"{control}Description: base\n")
    (source / "DEBIAN/preinst").write_text(f"#!/bin/sh\n{preinst}\n")
    (source / "DEBIAN/preinst").chmod(0o755)
    archives.mkdir(parents=True)
    subprocess.run(
        ["dpkg-deb", "--build", str(source), f"{archives}/base-files_13_all.deb"], check=True
    )
    hook(OVERLAY, root)
    links = (root / "var/lib/overlay/links").read_text().split()
    diverted = (root / "var/lib/dpkg/diversions").read_text().splitlines()
    by_package = "usr-is-merged" in preinst
    assert links
    assert [link for link in links if f"{link}.own" in diverted] == ([] if by_package else links)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change its root")
def test_programs_of_the_overlay_run_in_the_root(root: Path) -> None:
    hook(OVERLAY, root)
    (root / "dev/null").touch()  # an empty file is enough: perl opens it for its -e
    script = "perl -MPOSIX=floor -e 'print floor(3.7)' | cat"
    done = subprocess.run(
        ["/usr/sbin/chroot", str(root), "/bin/dash", "-c", script], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"3")


def test_a_program_that_prints_the_architecture_is_not_overlaid(root: Path) -> None:
    hook(OVERLAY, root)
    assert (root / "usr/bin/uname").read_text() == "not for this host"
    assert not (root / "usr/bin/uname.own").exists()


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="this host has no dpkg")
def test_a_package_that_is_unpacked_under_an_overlay_remains_after_it(
    root: Path, tmp_path: Path
) -> None:
    """dpkg has diversions for the overlaid files, also under the names that packages use."""
    source = tmp_path / "package"
    (source / "DEBIAN").mkdir(parents=True)
    control = "Package: coreutils\nVersion: 2\nArchitecture: all\nMaintainer: x <x@example.org>\n"
    (source / "DEBIAN/control").write_text(f"{control}Description: newer\n")
    (source / "bin").mkdir()
    (source / "bin/cat").write_text("newer")
    package = tmp_path / "coreutils.deb"
    subprocess.run(["dpkg-deb", "--build", str(source), str(package)], check=True)
    for name in ("status", "available"):
        (root / "var/lib/dpkg" / name).touch()
    for folder in ("info", "updates", "triggers"):
        (root / "var/lib/dpkg" / folder).mkdir()
    hook(OVERLAY, root)
    overlaid = (root / "usr/bin/cat").read_bytes()
    dpkg = ["dpkg", "--root", str(root), "--force-not-root", "--force-bad-path", "--unpack"]
    subprocess.run([*dpkg, str(package)], check=True)
    assert (root / "usr/bin/cat").read_bytes() == overlaid
    hook(REMOVE, root)
    assert (root / "usr/bin/cat").read_text() == "newer"
    assert (root / "var/lib/dpkg/diversions").read_text() == DIVERSIONS
