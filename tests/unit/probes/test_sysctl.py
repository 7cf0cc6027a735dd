"""The kernel's settings, and the files that set them."""

from __future__ import annotations

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.base import Difference, Facts
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.kernel import RunningKernel
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package
from upgradeproof.probes.sysctl import KernelSettings, Setting


def settings(text: str) -> dict[str, Setting]:
    return KernelSettings.parse(text, ProbeInputs())


def explained(
    key: str, field: str, before: Setting, after: Setting, *, system: str = "13", old: str = "1"
) -> str:
    """Explain one line; ``system``: the release after the upgrade, ``old``: a package's version."""
    line = Difference(path=f"sysctl/{key}/{field}", before="a", after="b")
    was, now = (
        Facts(
            {
                "sysctl": {key: each},
                "system": {"system": OperatingSystem(state="running", id="debian", version=number)},
                "packages": {"defaults": Package(version=version, state=state)},
            }
        )
        for each, number, version, state in (
            (before, "12", old, "install ok installed" if old else "deinstall ok config-files"),
            (after, system, "2", "install ok installed"),
        )
    )
    return KernelSettings.explain(line, was, now)


def test_a_setting_of_the_administrator_has_its_file() -> None:
    found = settings(captured("sysctl"))["net.ipv4.tcp_keepalive_time"]
    assert found == Setting(value="600", wanted="600", set_by="/etc/sysctl.d/99-sysctl.conf")
    assert found.by_administrator


def test_a_setting_of_a_package_has_its_package() -> None:
    found = settings(captured("sysctl"))["fs.protected_fifos"]
    assert found == Setting(
        wanted="1", set_by="/usr/lib/sysctl.d/99-protect-links.conf", package="procps"
    )


def test_settings_that_depend_on_the_memory_are_ignored() -> None:
    found = settings(captured("sysctl"))
    assert "net.ipv4.conf.all.rp_filter" in found
    assert not {"net.ipv4.tcp_rmem", "net.ipv4.tcp_max_orphans"} & set(found)


def test_the_last_file_is_used_and_names_are_normalised_as_in_systemd() -> None:
    text = (
        "file\t/usr/lib/sysctl.d/50-a.conf\n"
        "setting\tnet.ipv4.conf.*.rp_filter = 2\n"
        "setting\t-net/ipv4/ip_forward=0\n"
        "file\t/etc/sysctl.d/90-b.conf\n"
        "setting\tnet.ipv4.ip_forward = 1\n"
        "setting\tnet.ipv4.conf.eth0/100.rp_filter=1\n"
        "/proc/sys/net/ipv4/conf/all/rp_filter:0\n"
        "/proc/sys/net/ipv4/conf/eth0.100/rp_filter:1\n"
        "/proc/sys/net/ipv4/ip_forward:1\n"
        "/proc/sys/net/ipv4/ip_local_port_range:32768\t60999\n"
    )
    found = settings(text)
    assert found["net.ipv4.conf.all.rp_filter"].wanted == "2"
    assert found["net.ipv4.ip_forward"].set_by == "/etc/sysctl.d/90-b.conf"
    assert found["net.ipv4.conf.eth0/100.rp_filter"].value == "1"
    assert found["net.ipv4.ip_local_port_range"].value == "32768 60999"


def test_a_packages_new_setting_is_explained() -> None:
    ours = Setting(value="0")
    theirs = Setting(value="2", wanted="2", set_by="/usr/lib/sysctl.d/50.conf", package="defaults")
    assert explained("net.a", "value", ours, theirs) == (
        "defaults sets it in /usr/lib/sysctl.d/50.conf"
    )


@pytest.mark.parametrize(
    ("before", "system", "old", "known"),
    [
        (Setting(value="0"), "12", "1", False),
        (Setting(value="1", wanted="1", package="defaults"), "12", "1", False),
        (Setting(value="1", wanted="2", package="defaults"), "12", "1", True),
        (Setting(value="0"), "12", "", True),
        (Setting(value="0"), "13", "1", True),
    ],
    ids=["new", "another", "the same", "a new package", "a new distribution"],
)
def test_a_single_package_explains_no_other_setting(
    before: Setting, system: str, old: str, *, known: bool
) -> None:
    theirs = Setting(value="2", wanted="2", set_by="/usr/lib/sysctl.d/50.conf", package="defaults")
    assert bool(explained("net.a", "value", before, theirs, system=system, old=old)) is known


def test_a_packages_setting_in_hexadecimal_is_explained() -> None:
    ours = Setting(value="438", wanted="0x01b6", set_by="/usr/lib/sysctl.d/a.conf", package="a")
    assert explained("kernel.sysrq", "value", Setting(), ours)
    other = ours.model_copy(update={"value": "1"})
    assert not explained("kernel.sysrq", "value", Setting(), other)


def test_a_setting_that_an_administrator_made_is_never_explained() -> None:
    ours = Setting(value="600", wanted="600", set_by="/etc/sysctl.d/99-sysctl.conf")
    theirs = Setting(value="2", wanted="2", set_by="/usr/lib/sysctl.d/50.conf", package="defaults")
    assert not explained("net.a", "set_by", ours, Setting(value="600"))
    assert not explained("net.a", "value", ours, theirs)


def test_a_value_that_no_file_sets_is_not_explained() -> None:
    assert not explained("net.a", "value", Setting(value="1"), Setting(value="0"))


@pytest.mark.parametrize(
    ("release", "setting", "reason"),
    [
        ("6.12.1", Setting(value="1"), "a setting that came with kernel 6.12.1, after 6.1.0"),
        ("6.1.0", Setting(value="1"), ""),
        ("6.12.1", Setting(value="1", wanted="1", set_by="/etc/sysctl.d/own.conf"), ""),
    ],
    ids=["a new kernel", "the same kernel", "an administrator's"],
)
def test_a_setting_of_a_new_kernel_is_explained(
    release: str, setting: Setting, reason: str
) -> None:
    kernels = (
        {"running": RunningKernel(release=name, version="#1", architecture="x86_64")}
        for name in ("6.1.0", release)
    )
    before, after = (Facts({"sysctl": {}, "kernel": kernel}) for kernel in kernels)
    found = after.joined(Facts({"sysctl": {"vm.new": setting}}))
    came = Difference(path="sysctl/vm.new", before=None, after="value=1")
    assert KernelSettings.explain(came, before, found) == reason
    went = Difference(path="sysctl/vm.new", before="value=1", after=None)
    assert KernelSettings.explain(went, found, before) == ""
