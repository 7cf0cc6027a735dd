"""The speed of the fastest network link."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.preflight.amounts import judge_amount, unknown
from upgradeproof.preflight.base import Situation
from upgradeproof.probes.links import Links
from upgradeproof.results import Finding


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield a link that is too slow; where no link tells its speed, say so if the plan asks."""
    asked = situation.cell.plan.preflight.uplink_gbps
    if not asked.asked:
        return
    speeds = [link.speed_mbps for link in situation.facts[Links].values() if link.speed_mbps]
    if not speeds:
        yield unknown(
            name="uplink",
            what="the speed of the uplink",
            why="A container has a virtual link, and few drivers of virtual machines tell a speed.",
            remedy="look at the host's: ethtool",
        )
        return
    yield from judge_amount(
        asked,
        max(speeds) / 1000,
        name="uplink",
        of="Gbps on the fastest link",
        meaning="Packages and data take longer than the window of the upgrade may allow.",
        remedy="give the machine a link of {} Gbps",
    )
