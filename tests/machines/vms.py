"""Helpers of the tests of VMs: they use a separate cache, without the states of the user."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from upgradeproof.errors import UpgradeproofError
from upgradeproof.imaging import Images
from upgradeproof.machines import MachineSpec
from upgradeproof.machines.qemu import BACKEND, QemuBackend
from upgradeproof.machines.qemu.life import Kind
from upgradeproof.machines.qemu.machine import QemuMachine
from upgradeproof.plan.images import Platform

DEBIAN_12 = Platform(image="debian-12", architecture="amd64", machine="vm")


class Vms:
    """The image, and a snapshot of it from which every module makes clones; it is booted once."""

    def __init__(self, image: str, folder: Path) -> None:
        self.image = image
        self._folder = folder
        self._snapshot = ""

    @contextmanager
    def cache(self) -> Iterator[QemuBackend]:
        """Store states and machines in a folder of this session."""
        before = os.environ.get("UPGRADEPROOF_CACHE")
        os.environ["UPGRADEPROOF_CACHE"] = str(self._folder)
        try:
            yield BACKEND
        finally:
            os.environ.pop("UPGRADEPROOF_CACHE")
            if before is not None:
                os.environ["UPGRADEPROOF_CACHE"] = before

    def save(self, machine: QemuMachine) -> str:
        """Take the snapshot of a machine that has just booted."""
        self._snapshot = BACKEND.snapshot(machine, "saved", {"upgradeproof.cell": "x"})
        return self._snapshot

    def snapshot(self) -> str:
        """Return that snapshot; take it if no other module has done so."""
        if not self._snapshot:
            with BACKEND.start(spec(self.image, "saved")) as machine:
                self.save(machine)
        return self._snapshot


_VMS = pytest.StashKey[Vms]()


@pytest.fixture(scope="session")
def vms(
    every_image: Images, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Vms:
    """Return the VMs of this session, for every module that imports this; skip without QEMU."""
    if obstacle := BACKEND.obstacle("amd64"):
        pytest.skip(obstacle.brief)
    stash = request.config.stash
    if _VMS not in stash:
        folder = tmp_path_factory.mktemp("vms")
        stash[_VMS] = Vms(every_image.ensure(DEBIAN_12), folder)
        request.config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    return stash[_VMS]


def spec(snapshot: str, name: str, *ports: int) -> MachineSpec:
    return MachineSpec(snapshot=snapshot, name=name, architecture="amd64", ports=ports)


def boot_id(machine: QemuMachine) -> str:
    return machine.get("/proc/sys/kernel/random/boot_id").decode().strip()


def signs(machine: QemuMachine) -> list[Kind]:
    return [sign.kind for sign in machine.process.life.since(0)]


def head(error: UpgradeproofError) -> list[str]:
    """Return an error without the console's output: what happened, and what to do."""
    return [error.brief, error.resolution]


def is_there(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text(encoding="utf-8").rpartition(") ")[2][0] != "Z"
    except OSError:
        return False
