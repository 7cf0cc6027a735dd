"""A container's network namespace has its own loopback and settings; the host's do not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.machines.starting import Start, output_of
from upgradeproof.machines import Machine

HOST = Path("/proc/sys")
OF_THE_HOST = ("kernel/domainname", "vm/swappiness", "net/netfilter/nf_hooks_lwtunnel")


def test_the_loopback_has_ipv6_and_other_interfaces_have_none(debian: Machine) -> None:
    assert output_of(debian, "cut -d' ' -f1,6- /proc/net/if_inet6 | tr -s ' '") == f"{1:032x} lo"


@pytest.mark.parametrize("name", OF_THE_HOST)
def test_a_setting_of_the_host_is_read_only(debian: Machine, name: str) -> None:
    if not (HOST / name).exists():
        pytest.skip("the host's kernel has no such setting")
    before = (HOST / name).read_text()
    done = debian.run(f"cat /proc/sys/{name} >/proc/sys/{name}")
    assert not done.ok
    assert "Read-only file system" in done.tail
    assert (HOST / name).read_text() == before


def test_a_network_setting_is_made_at_a_boot_and_does_not_change_the_host(start: Start) -> None:
    name = "net/ipv4/tcp_keepalive_time"
    before = (HOST / name).read_text()
    with start("sysctl") as machine:
        output_of(machine, "echo 'net.ipv4.tcp_keepalive_time = 600' >/etc/sysctl.d/90-a.conf")
        machine.power_cut(timeout_s=90)
        assert output_of(machine, f"cat /proc/sys/{name}") == "600"
        assert output_of(machine, "systemctl is-active systemd-sysctl") == "active"
    assert (HOST / name).read_text() == before
