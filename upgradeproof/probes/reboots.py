"""Read whether a package has asked for a reboot that has not come yet."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean

_SCRIPT = r"""
[ ! -e /run/reboot-required ] || echo required
[ ! -r /run/reboot-required.pkgs ] || sed 's/^/+/' /run/reboot-required.pkgs
exit 0
"""


class PendingReboot(Record):
    """A mark that packages leave. Volatile: an upgrade of them may rightly leave it."""

    volatile: ClassVar[frozenset[str]] = frozenset({"required", "packages"})
    required: bool
    packages: tuple[str, ...] = ()


class Reboots(Probe[PendingReboot]):
    """Read one record, keyed ``pending``."""

    section = "reboots"
    record: ClassVar[type[Record]] = PendingReboot

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, PendingReboot]:
        """Return whether a reboot is due, and for which packages."""
        lines = clean(output).split("\n")
        packages = {line[1:] for line in lines if line.startswith("+") and line != "+"}
        return {
            "pending": PendingReboot(required="required" in lines, packages=tuple(sorted(packages)))
        }
