"""The speed of the fastest network link."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.preflight.amounts import judge_amount, unknown
from upgradeproof.preflight.base import Situation
from upgradeproof.probes.links import Links
from upgradeproof.results import Finding


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield a link that is too slow, or that has an unknown speed if the plan requires one."""
    asked = situation.cell.plan.preflight.uplink_gbps
    if not asked.asked:
        return
    speeds = [link.speed_mbps for link in situation.facts[Links].values() if link.speed_mbps]
    if not speeds:
        yield unknown(
            name="uplink",
            what="the speed of the uplink",
            why="A container has a virtual link, and few drivers of VMs report a speed.",
            remedy="measure on the host: ethtool",
        )
        return
    yield from judge_amount(
        asked,
        max(speeds) / 1000,
        name="uplink",
        of="Gbps on the fastest link",
        meaning="Packages and data may take longer than the maintenance window allows.",
        remedy="give the machine a link of {} Gbps",
    )
