"""A reboot that is due: what was upgraded before has not been proven to boot."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.preflight.base import Situation
from upgradeproof.probes.boot import Boot
from upgradeproof.probes.reboots import Reboots
from upgradeproof.results import Finding

UNPROVEN = "If the machine does not boot after the upgrade, nobody knows which change was the one."


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield the mark that packages leave, and a kernel that is newer than the one that runs."""
    pending = situation.facts[Reboots].get("pending")
    if pending and pending.required:
        asked = f", as {', '.join(pending.packages)} asked" if pending.packages else ""
        yield Finding(
            id="reboot/required",
            severity="high",
            title=f"a reboot is due{asked}",
            meaning=UNPROVEN,
            remedy="systemctl reboot",
        )
    boot = situation.facts[Boot].get("current")
    if boot and boot.newest and boot.newest != boot.release:
        yield Finding(
            id="reboot/kernel",
            severity="high",
            title=f"the kernel {boot.release} runs, and {boot.newest} is installed",
            meaning=UNPROVEN,
            remedy="systemctl reboot",
        )
