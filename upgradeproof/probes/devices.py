"""Read the machine's hardware: the devices on its buses, their drivers, and their names."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.own_kernel import OWN_KERNEL
from upgradeproof.probes.text import clean, rows

_SCRIPT = r"""
cd /sys 2>/dev/null || exit 0
set -- bus/pci/devices bus/virtio/devices class/net class/block
for folder in "$@"; do
  [ ! -d "$folder" ] || find "$folder/" -maxdepth 1 -type l -printf 'device\t%p\t%l\n'
done
find -H bus/pci/devices/* bus/virtio/devices/* -maxdepth 1 -name driver \
  -printf 'driver\t%H\t%l\n' 2>/dev/null
find -H bus/pci/devices/*/driver bus/virtio/devices/*/driver -maxdepth 1 -name module \
  -printf 'module\t%H\t%l\n' 2>/dev/null
grep -sH '' bus/pci/devices/*/modalias bus/virtio/devices/*/modalias class/net/*/address |
  sed 's/^\(.*\)\/\(modalias\|address\):/\2\t\1\t/'
exit 0
"""
Kind = Literal["pci", "virtio", "network", "disk"]
_KINDS: dict[str, Kind] = {
    "bus/pci/devices": "pci",
    "bus/virtio/devices": "virtio",
    "class/net": "network",
    "class/block": "disk",
}
_PCI = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-9a-f]")
_SUB_ADDRESS = re.compile(r"/(ata\d+|\d+:(?P<lun>\d+:\d+:\d+))/(?:.*/)?block/")
_DISK = re.compile(r".*/(?:block|nvme\d+)/[^/]+")


class Device(Record):
    """One device; a network interface and a disk are devices on the device that drives them."""

    volatile: ClassVar[frozenset[str]] = frozenset({"module"})
    kind: Kind
    name: str = ""
    """Of an interface or a disk, as the kernel and udev call it: ``ens3``, ``vda``."""
    modalias: str = ""
    """What it is: vendor, model and class, in the kernel's words."""
    driver: str = ""
    module: str = ""
    """The driver's module; volatile, as another kernel may have it built in."""
    address: str = ""
    """Of an interface: its hardware address."""


class Devices(Probe[Device]):
    """Read PCI and virtio devices, and the interfaces and disks on them; none in a container.

    The key is kind and bus address, ``network/0000:00:03.0``: numbers and names that the kernel
    gives (``virtio2``, ``eth0``) depend on the order in which drivers start. Virtual interfaces
    and disks, and partitions, are left out.
    """

    section = "devices"
    record: ClassVar[type[Record]] = Device

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; everything comes from sysfs, in a handful of processes."""
        return OWN_KERNEL + _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Device]:
        """Return the devices by kind and address."""
        found: dict[str, str] = {}
        printed: dict[tuple[str, str], str] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["device", path, target]:
                    found[path] = target
                case ["driver" | "module" | "modalias" | "address" as field, path, value]:
                    printed[field, path.removesuffix("/driver")] = value
        devices = {}
        for path, target in found.items():
            folder, _, name = path.rpartition("/")
            kind = _KINDS.get(folder)
            key = _key(kind, target) if kind else None
            if kind is None or key is None:
                continue
            devices[f"{kind}/{key}"] = Device(
                kind=kind,
                name=name if kind in ("network", "disk") else "",
                modalias=printed.get(("modalias", path), ""),
                driver=printed.get(("driver", path), "").rpartition("/")[2],
                module=printed.get(("module", path), "").rpartition("/")[2],
                address=printed.get(("address", path), ""),
            )
        return devices


def _key(kind: Kind, target: str) -> str | None:
    """Return the bus address in a device's place in sysfs; None for one that is not hardware."""
    if "/devices/virtual/" in target or (kind == "disk" and not _DISK.fullmatch(target)):
        return None
    address = _PCI.findall(target)
    place = address[-1] if address else target.partition("/devices/")[2].rpartition("/")[0]
    part = _SUB_ADDRESS.search(target) if kind == "disk" else None
    return f"{place}/{part['lun'] or part[1]}" if part else place or None
