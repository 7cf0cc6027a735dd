"""A pending reboot: earlier upgrades were not proven to boot."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.preflight.base import Situation
from upgradeproof.probes.boot import Boot
from upgradeproof.probes.reboots import Reboots
from upgradeproof.results import Finding
from upgradeproof.severity import Severity

UNPROVEN = "If the machine does not boot after the upgrade, the change that caused it is not known."


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield the mark that packages leave, and a kernel that is newer than the running one."""
    pending = situation.facts[Reboots].get("pending")
    if pending and pending.required:
        asked = f", as required by {', '.join(pending.packages)}" if pending.packages else ""
        yield Finding(
            id="reboot/required",
            severity=Severity.HIGH,
            title=f"a reboot is pending{asked}",
            meaning=UNPROVEN,
            remedy="systemctl reboot",
        )
    boot = situation.facts[Boot].get("current")
    if boot and boot.newest and boot.newest != boot.release:
        yield Finding(
            id="reboot/kernel",
            severity=Severity.HIGH,
            title=f"the kernel {boot.release} runs, and {boot.newest} is installed",
            meaning=UNPROVEN,
            remedy="systemctl reboot",
        )
