"""Read the machine's disks: whether they rotate, and who orders their requests."""

from __future__ import annotations

import re
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.own_kernel import OWN_KERNEL
from upgradeproof.probes.text import clean, rows

_SCRIPT = r"""
for disk in /sys/block/*; do
  [ -e "$disk/device" ] && [ -r "$disk/queue/scheduler" ] || continue
  case ${disk##*/} in sr*|fd*) continue ;; esac
  read -r scheduler <"$disk/queue/scheduler"; read -r rotational <"$disk/queue/rotational"
  printf 'disk\t%s\t%s\t%s\n' "${disk##*/}" "$rotational" "$scheduler"
done
exit 0
"""
_CHOSEN = re.compile(r"\[([\w-]+)\]")


class Disk(Record):
    """One disk, as the kernel sees it; a hypervisor may report any disk as rotating."""

    rotational: bool
    scheduler: str
    """The I/O scheduler that is in use: ``mq-deadline``, ``bfq``, ``none``..."""


class Disks(Probe[Disk]):
    """Read the disks, keyed ``vda``; none in a container, whose disks are its host's."""

    section = "disks"
    record: ClassVar[type[Record]] = Disk

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return OWN_KERNEL + _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Disk]:
        """Return the disks; a single scheduler has no brackets."""
        disks = {}
        for cells in rows(clean(output)):
            match cells:
                case ["disk", name, ("0" | "1") as rotational, schedulers]:
                    chosen = _CHOSEN.search(schedulers)
                    disks[name] = Disk(
                        rotational=rotational == "1",
                        scheduler=chosen[1] if chosen else schedulers.strip(),
                    )
        return disks
