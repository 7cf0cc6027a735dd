"""The disks of one running machine: files that it writes to, and leaves behind in a snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from upgradeproof.machines.qemu.qmp import Monitor
from upgradeproof.machines.qemu.snapshots import overlay


class Disks:
    """The files that a machine writes to; the machine is paused while a disk is frozen."""

    def __init__(self, folder: Path, names: Sequence[str], monitor: Monitor) -> None:
        self._folder = folder
        self._monitor = monitor
        self._nodes = {name: name for name in names}
        """What QEMU, and the file, call each disk's overlay that is written to now."""
        self._layers = 0

    @property
    def files(self) -> dict[str, Path]:
        """Return the files that are written to now."""
        return {name: self._folder / f"{node}.qcow2" for name, node in self._nodes.items()}

    def freeze(self, stored: Mapping[str, Path]) -> None:
        """Move each disk's file to where it is stored; the machine goes on with an overlay on it.

        Raises MachineError; the disks that were not frozen then go on as they are.
        """
        self._layers += 1
        for name, path in stored.items():
            self._layer(name, path)

    def _layer(self, name: str, stored: Path) -> None:
        """Freeze one disk. QEMU opens its file again, read-only: then its old name is removed."""
        node, layer = self._nodes[name], f"{name}-{self._layers}"
        old, path = self._folder / f"{node}.qcow2", self._folder / f"{layer}.qcow2"
        stored.hardlink_to(old)
        overlay(stored, path)
        self._monitor.execute(
            "blockdev-add",
            node_name=layer,
            driver="qcow2",
            file={"driver": "file", "filename": str(path)},
            backing=None,
            cache={"no-flush": True},
            discard="unmap",
        )
        self._monitor.execute("blockdev-snapshot", node=node, overlay=layer)
        self._nodes[name] = layer
        old.unlink()
