"""Leftovers and conffiles under ``/etc``."""

from __future__ import annotations

from pathlib import Path

from upgradeproof.probes.conffiles import Conffile, Conffiles
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.leftovers import Leftover, Leftovers

CAPTURED = (Path(__file__).parent / "captured" / "conffiles.txt").read_text()


def test_leftovers_are_read_with_their_kind() -> None:
    output = "/etc/nginx/nginx.conf.dpkg-dist\0/etc/a b.ucf-old\0"
    assert Leftovers.parse(output, ProbeInputs()) == {
        "/etc/nginx/nginx.conf.dpkg-dist": Leftover(kind="dpkg-dist"),
        "/etc/a b.ucf-old": Leftover(kind="ucf-old"),
    }


def test_a_newline_in_a_name_does_not_create_a_second_leftover() -> None:
    assert len(Leftovers.parse("/etc/a\nb.dpkg-new\0", ProbeInputs())) == 1


def test_only_changed_conffiles_of_a_real_machine_are_facts() -> None:
    files = Conffiles.parse(CAPTURED, ProbeInputs())
    assert {path: file.state for path, file in files.items()} == {
        "/etc/default/etcd": "modified",
        "/etc/nginx/nginx.conf": "modified",
        "/etc/redis/redis.conf": "modified",
        "/etc/init.d/hwclock.sh": "unmodified",
        "/etc/default/hwclock": "unmodified",
    }


def test_an_obsolete_conffile_is_marked() -> None:
    assert Conffiles.parse(CAPTURED, ProbeInputs())["/etc/default/hwclock"] == Conffile(
        package="util-linux-extra",
        state="unmodified",
        obsolete=True,
        md5="02f94aaf57aff4e2e6751ec7b877a997",
    )


def test_a_conffile_that_moved_to_another_package_is_not_obsolete() -> None:
    one, two, three = ("1" * 32, "2" * 32, "3" * 32)
    output = (
        f"package installed old\n /etc/a.conf {one} obsolete\n /etc/b.conf {two} obsolete\n"
        f"package installed new\n /etc/a.conf {three}\n"
        f"sums\n{three}  /etc/a.conf\n{two}  /etc/b.conf\n"
    )
    assert Conffiles.parse(output, ProbeInputs()) == {
        "/etc/b.conf": Conffile(package="old", state="unmodified", obsolete=True, md5=two)
    }


def test_a_missing_conffile_is_a_fact() -> None:
    output = f"package installed nginx\n /etc/nginx.conf {'0' * 32}\nsums\n"
    assert Conffiles.parse(output, ProbeInputs()) == {
        "/etc/nginx.conf": Conffile(package="nginx", state="missing")
    }


def test_a_conffile_that_its_package_removed_is_no_fact() -> None:
    line = f" /etc/sysctl.conf {'0' * 32} remove-on-upgrade"
    assert Conffiles.parse(f"package installed procps\n{line}\nsums\n", ProbeInputs()) == {}


def test_conffiles_of_a_removed_package_are_no_facts() -> None:
    output = f"package config-files nginx\n /etc/nginx.conf {'0' * 32}\nsums\n"
    assert Conffiles.parse(output, ProbeInputs()) == {}


def test_a_conffile_not_yet_configured_is_no_fact() -> None:
    output = "package unpacked nginx\n /etc/nginx.conf newconffile\nsums\n"
    assert Conffiles.parse(output, ProbeInputs()) == {}
