"""The boot: the running, installed and next kernel, and how often the machine booted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.errors import HarnessError
from upgradeproof.probes.base import Facts, diff
from upgradeproof.probes.boot import Boot, CurrentBoot
from upgradeproof.probes.inputs import ProbeInputs

BETWEEN = datetime(2026, 3, 9, 10, 5, 1, tzinfo=UTC).timestamp()
MINIMUM = "release\t6.1\nboot_id\tb\nversion\tLinux version 6.1 (x)\n"
TABLE = """\
boot\tIDX BOOT ID                          FIRST ENTRY                 LAST ENTRY
boot\t -1 0123456789abcdef0123456789abcdef Mon 2026-03-09 10:00:00 UTC Mon 2026-03-09 10:05:00 UTC
boot\t  0 81e8387d1e4c43ab88b703c7cffee746 Mon 2026-03-09 10:05:20 UTC Mon 2026-03-09 10:06:00 UTC
"""


def boot(output: str, since: float = 0.0) -> CurrentBoot:
    return Boot.parse(output, ProbeInputs(since=since))["current"]


def test_a_boot_is_read() -> None:
    found = boot(captured("boot"), BETWEEN)
    assert found.release == "6.1.0-44-cloud-amd64"
    assert (found.package, found.package_version) == (
        "linux-image-6.1.0-44-cloud-amd64",
        "6.1.164-1",
    )
    assert found.is_that_of_its_package
    assert (found.target, found.target_state) == ("graphical.target", "active")
    assert (found.loader, found.default_entry) == ("grub", "Debian GNU/Linux")
    assert (found.default_release, found.default_problem) == ("6.1.0-44-cloud-amd64", "")


def test_kernels_are_ordered_as_dpkg_orders_versions() -> None:
    found = boot(captured("boot"))
    assert found.images == ("6.1.0-44-cloud-amd64", "6.1.0-9-cloud-amd64", "5.10.0-38-cloud-amd64")
    assert (found.newest, found.fallback) == ("6.1.0-44-cloud-amd64", "6.1.0-9-cloud-amd64")
    assert found.initramfs == ("6.1.0-44-cloud-amd64", "5.10.0-38-cloud-amd64")
    trixie = ["6.12.90+deb13-amd64", "6.12.90+deb13.1-amd64", "6.1.0-44-amd64", "6.12~rc1-amd64"]
    images = "".join(f"image\t{name}\n" for name in [*trixie, "old_one"])
    assert boot(MINIMUM + images).images[:3] == (
        "6.12.90+deb13.1-amd64",
        "6.12.90+deb13-amd64",
        "6.12~rc1-amd64",
    )


@pytest.mark.parametrize("output", [captured("boot"), MINIMUM + TABLE], ids=["lines", "table"])
def test_boots_since_the_state_began_are_counted(output: str) -> None:
    before, current = "0123456789abcdef0123456789abcdef", "81e8387d1e4c43ab88b703c7cffee746"
    found = boot(output, BETWEEN)
    assert (found.boots, found.new_boots) == ((before, current), (current,))
    assert found.journal_reaches_back


def test_a_journal_without_earlier_boots_is_recognised() -> None:
    assert not boot(captured("boot"), since=1.0).journal_reaches_back
    assert not boot(MINIMUM).journal_reaches_back


@pytest.mark.parametrize(
    ("version", "banner", "fits"),
    [
        ("5.10.251-1", "#1 SMP Debian 5.10.251-1 (2026-03-01)", True),
        ("6.1.164-1", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.164-12 (2026-03-09)", False),
        ("6.12.90-1~bpo12+1", "Debian 6.12.90-1~bpo12+1 (2026)", True),
        ("6.12.90-1", "Debian 6.12.90-1~bpo12+1 (2026)", False),
        ("5.15.0-59.65", "#65-Ubuntu SMP Ubuntu 5.15.0-59.65-generic 5.15.74", True),
        ("", "#1 SMP", False),
    ],
)
def test_the_running_kernel_is_compared_with_its_package(
    version: str, banner: str, fits: bool
) -> None:
    found = CurrentBoot(boot_id="b", release="r", version=banner, package_version=version)
    assert found.is_that_of_its_package is fits


def test_a_container_has_no_boot() -> None:
    assert Boot.parse("", ProbeInputs()) == {}


def test_a_kernel_without_a_name_is_an_error() -> None:
    with pytest.raises(HarnessError, match=r"^the kernel does not report its boot id"):
        Boot.parse("image\t6.1\n", ProbeInputs())


def test_a_new_kernel_alone_is_no_difference_of_the_boot() -> None:
    before = Facts({"boot": Boot.parse(captured("boot"), ProbeInputs())})
    newer = captured("boot").replace("6.1.0-44", "6.1.0-45").replace("81e8", "91e8")
    assert diff(before, Facts({"boot": Boot.parse(newer, ProbeInputs())})) == ()
