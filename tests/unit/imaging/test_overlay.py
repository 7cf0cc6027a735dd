"""This host's programs in another architecture's root: added, and removed without a trace."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from upgradeproof.imaging.mmdebstrap import overlay_hooks

OVERLAY, REMOVE_OVERLAY = (option.partition("=")[2] for option in overlay_hooks())
DIVERSIONS = "/bin/sh\n/bin/sh.distrib\ndash\n"
THEIRS = ("usr/bin/cat", "usr/bin/dash", "usr/bin/perl", "usr/bin/uname")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root whose programs this host can't run, with /usr merged, as dpkg has unpacked it."""
    root = tmp_path / "root"
    for folder in ("usr/bin", "usr/lib/other-architecture", "usr/share", "var/lib/dpkg", "dev"):
        (root / folder).mkdir(parents=True)
    for folder in ("bin", "lib"):
        (root / folder).symlink_to(f"usr/{folder}")
    for program in THEIRS:
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


def test_overlay_is_removed_without_a_trace(root: Path) -> None:
    before = listed(root)
    hook(OVERLAY, root)
    assert len(listed(root)) > len(before) + 20
    hook(REMOVE_OVERLAY, root)
    assert listed(root) == before


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="this host has no dpkg")
@pytest.mark.parametrize("preinst", ["set -e", "dpkg-divert --divert /.lib64.usr-is-merged /lib64"])
def test_a_link_is_diverted_unless_base_files_does_it_itself(
    root: Path, tmp_path: Path, preinst: str
) -> None:
    """Two diversions of one name clash: Debian 13 for arm64 could not be made for that."""
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
    itself = "usr-is-merged" in preinst
    assert links
    assert [link for link in links if f"{link}.own" in diverted] == ([] if itself else links)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change its root")
def test_programs_of_the_overlay_run_in_the_root(root: Path) -> None:
    hook(OVERLAY, root)
    (root / "dev/null").touch()  # an empty file is enough: perl opens it for its -e
    script = "perl -MPOSIX=floor -e 'print floor(3.7)' | cat"
    done = subprocess.run(
        ["/usr/sbin/chroot", str(root), "/bin/dash", "-c", script], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"3")


def test_programs_that_print_the_architecture_stay_the_roots_own(root: Path) -> None:
    hook(OVERLAY, root)
    assert (root / "usr/bin/uname").read_text() == "not for this host"
    assert not (root / "usr/bin/uname.own").exists()


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="this host has no dpkg")
def test_package_that_is_unpacked_meanwhile_replaces_the_restored_program(
    root: Path, tmp_path: Path
) -> None:
    """dpkg knows the programs of the overlay as diversions, and their names in a package."""
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
    native = (root / "usr/bin/cat").read_bytes()
    dpkg = ["dpkg", "--root", str(root), "--force-not-root", "--force-bad-path", "--unpack"]
    subprocess.run([*dpkg, str(package)], check=True)
    assert (root / "usr/bin/cat").read_bytes() == native
    hook(REMOVE_OVERLAY, root)
    assert (root / "usr/bin/cat").read_text() == "newer"
    assert (root / "var/lib/dpkg/diversions").read_text() == DIVERSIONS
