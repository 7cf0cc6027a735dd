"""Read the machine's network links and their speed."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, number, rows

_SCRIPT = r"""
for link in /sys/class/net/*; do
  [ -e "$link/device" ] || continue
  speed=; read -r speed 2>/dev/null <"$link/speed"
  printf 'link\t%s\t%s\n' "${link##*/}" "$speed"
done
exit 0
"""


class Link(Record):
    """One network interface with a device; its speed depends on the link."""

    volatile: ClassVar[frozenset[str]] = frozenset({"speed_mbps"})
    speed_mbps: int | None = None
    """None: the link is down, or its driver does not know; a hypervisor's seldom does."""


class Links(Probe[Link]):
    """Read the links, keyed ``ens3``; those without a device, such as a container's, have none.

    The kernel gives a made-up speed to the two ends of a container's link.
    """

    section = "links"
    record: ClassVar[type[Record]] = Link

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Link]:
        """Return the links; a speed below 1 is unknown."""
        found = {}
        for cells in rows(clean(output)):
            match cells:
                case ["link", name, speed]:
                    found[name] = Link(speed_mbps=number(speed) or None)
        return found
