"""The machine's resources and links, and whether a reboot is due."""

from __future__ import annotations

import pytest

from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.links import Link, Links
from upgradeproof.probes.reboots import PendingReboot, Reboots
from upgradeproof.probes.resources import Given, Resources

BYTES = 25282318336
MEMORY = "memory\tMemTotal:       24689764 kB\n"


@pytest.mark.parametrize(
    ("output", "given"),
    [
        (f"cores\t2\n{MEMORY}", Given(cores=2, memory_bytes=BYTES)),
        (f"cores\t4\n{MEMORY}limit\tmax\nshare\tmax 100000\n", Given(cores=4, memory_bytes=BYTES)),
        (
            f"cores\t4\n{MEMORY}limit\t1073741824\nshare\t150000 100000\n",
            Given(cores=1.5, memory_bytes=1073741824),
        ),
        (
            f"cores\t4\n{MEMORY}limit\t9223372036854771712\nquota\t-1\nperiod\t100000\n",
            Given(cores=4, memory_bytes=BYTES),
        ),
        ("cores\t4\nquota\t200000\nperiod\t100000\n", Given(cores=2)),
        ("cores\t\nmemory\tMemTotal:\nshare\t\nx\n", Given()),
    ],
    ids=["bare", "no limit", "limits", "no limit, version 1", "limits, version 1", "nothing"],
)
def test_a_limit_of_the_control_group_is_used(output: str, given: Given) -> None:
    assert Resources.parse(output, ProbeInputs()) == {"given": given}


def test_a_link_that_is_down_or_does_not_know_has_no_speed() -> None:
    output = "link\tens3\t10000\nlink\tens4\t-1\nlink\tens5\t\nlink\tens6\t0\nlink\n"
    assert Links.parse(output, ProbeInputs()) == {
        "ens3": Link(speed_mbps=10000),
        "ens4": Link(),
        "ens5": Link(),
        "ens6": Link(),
    }


@pytest.mark.parametrize(
    ("output", "pending"),
    [
        ("", PendingReboot(required=False)),
        ("required\n", PendingReboot(required=True)),
        (
            "required\n+libc6\n+dbus\n+libc6\n+\n",
            PendingReboot(required=True, packages=("dbus", "libc6")),
        ),
    ],
)
def test_packages_that_require_a_reboot_are_named(output: str, pending: PendingReboot) -> None:
    assert Reboots.parse(output, ProbeInputs()) == {"pending": pending}
