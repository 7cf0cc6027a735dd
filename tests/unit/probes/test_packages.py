"""Packages, read from the output of dpkg and apt after an upgrade from Debian 12 to 13."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from upgradeproof.errors import HarnessError
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.packages import Package, Packages

CAPTURED = (Path(__file__).parent / "captured" / "packages.txt").read_text()


def test_every_package_of_a_real_machine_is_read() -> None:
    packages = Packages.parse(CAPTURED, ProbeInputs())
    assert len(packages) == 177
    assert packages["libnghttp2-14"] == Package(
        version="1.64.0-1.1+deb13u1", state="install ok installed", auto=True
    )


def test_packages_of_the_old_release_are_obsolete() -> None:
    packages = Packages.parse(CAPTURED, ProbeInputs())
    assert {name for name, package in packages.items() if package.obsolete} == {
        "libapt-pkg6.0",
        "libldap-2.5-0",
        "libperl5.36",
        "libunistring2",
        "perl-modules-5.36",
    }


def test_a_held_package_is_installed_and_held() -> None:
    package = Package(version="1.2", state="hold ok installed")
    assert (package.installed, package.held, package.residual) == (True, True, False)


def test_a_removed_package_leaves_its_residual_configuration() -> None:
    package = Package(version="1.2", state="deinstall ok config-files")
    assert (package.installed, package.held, package.residual) == (False, False, True)


def test_a_half_configured_package_is_not_installed() -> None:
    assert not Package(version="1.2", state="install ok half-configured").installed


def test_only_a_foreign_architecture_is_part_of_the_key() -> None:
    output = (
        "native\tarm64\n"
        "package\tbase-files\tarm64\t13\tinstall ok installed\n"
        "package\ttzdata\tall\t2025b\tinstall ok installed\n"
        "package\tlibc6\tarm64\t2.41\tinstall ok installed\n"
        "package\tlibc6\tarmhf\t2.41\tinstall ok installed\n"
        "auto\tlibc6\tarmhf\n"
        "obsolete\tlibc6:armhf\n"
    )
    packages = Packages.parse(output, ProbeInputs())
    assert set(packages) == {"base-files", "tzdata", "libc6", "libc6:armhf"}
    assert (packages["libc6"].auto, packages["libc6:armhf"].auto) == (False, True)
    assert (packages["libc6"].obsolete, packages["libc6:armhf"].obsolete) == (False, True)


def test_a_purged_package_is_no_fact() -> None:
    output = "native\tamd64\npackage\ta\tall\t1\tinstall ok installed\n"
    purged = "package\tb\tall\t\tunknown ok not-installed\n"
    assert set(Packages.parse(output + purged, ProbeInputs())) == {"a"}


def test_a_machine_without_packages_is_an_error() -> None:
    with pytest.raises(HarnessError) as caught:
        Packages.parse("native\tamd64\n", ProbeInputs())
    assert str(caught.value) == "dpkg-query listed no package\nnative\tamd64\n"


def test_a_security_update_is_read_even_if_apt_would_not_install_it() -> None:
    output = "native\tamd64\npackage\ta\tamd64\t1\thold ok installed\nsecurity\ta\t2\n"
    package = Packages.parse(output, ProbeInputs())["a"]
    assert (package.upgradable, package.security_update) == ("", "2")


POLICY = """\
a:
  Installed: 2
  Candidate: 3
  Version table:
     4 500
        500 http://a.test/example first/main amd64 Packages
     3 500
        500 http://a.test/example-security first-security/main amd64 Packages
 *** 2 100
        100 /var/lib/dpkg/status
     1 500
        500 http://a.test/example-security first-security/main amd64 Packages
b:
  Installed: 2
  Candidate: 2
  Version table:
 *** 2 500
        500 http://a.test/example-security first-security/main amd64 Packages
        100 /var/lib/dpkg/status
"""


def test_only_a_newer_version_of_a_security_suite_is_an_update(tmp_path: Path) -> None:
    """The fake program of apt prints the output of the real one."""
    (tmp_path / "apt-cache").write_text(f"#!/bin/sh\ncat <<'END'\n{POLICY}END\n")
    (tmp_path / "apt-cache").chmod(0o755)
    (tmp_path / "dpkg-query").write_text("#!/bin/sh\necho installed a\n")
    (tmp_path / "dpkg-query").chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", Packages.script(ProbeInputs())],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("security")]
    assert lines == ["security\ta\t3"]
