"""What must protect the machine: services such as a web application firewall, the packet filter."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from upgradeproof.plan import unit_name
from upgradeproof.preflight.amounts import unknown
from upgradeproof.preflight.base import Situation
from upgradeproof.probes.firewall import PacketFilter
from upgradeproof.probes.services import Services
from upgradeproof.results import Finding

EXPOSED = "During and after the upgrade, the machine is not protected."


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield services that are not active, and a packet filter without rules."""
    asked = situation.cell.plan.preflight.protection
    for name in asked.services:
        service = situation.facts[Services].get(unit_name(name))
        if service is None or service.active != "active":
            yield Finding(
                id=f"protection/{name}",
                severity=asked.severity,
                title=f"{name} is {service.active if service else 'not installed'}",
                meaning=EXPOSED,
                remedy=f"systemctl enable --now {shlex.quote(name)}"
                if service
                else f"install {name}",
            )
    if not asked.packet_filter:
        return
    if not situation.fidelity.own_kernel:
        yield unknown(
            name="protection/packet-filter",
            what="whether the packet filter has rules",
            why="A container uses the packet filter of its host's kernel.",
            remedy="run this on a machine with its own kernel: nft list ruleset",
        )
    elif not any(table.rules for table in situation.facts[PacketFilter].values()):
        yield Finding(
            id="protection/packet-filter",
            severity=asked.severity,
            title="the packet filter has no rules",
            meaning=EXPOSED,
            remedy="systemctl enable --now nftables, with rules in /etc/nftables.conf",
        )
