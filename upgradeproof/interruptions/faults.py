"""Faults during an upgrade: each interrupts it at one moment, on a machine of its own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from upgradeproof.errors import HarnessError, UpgradeproofError
from upgradeproof.interruptions.trap import FOLDER, HALTED, Moment, trapped
from upgradeproof.machines import Machine
from upgradeproof.plan.steps import Script

POWER_TIMEOUT_S = 300.0
_DPKG = "/var/lib/dpkg"
_FREE_KB = 64
"""What is left to dpkg: less than the control files and the status that it writes at an unpack."""


class Fault(ABC):
    """One kind of interruption."""

    name: ClassVar[str]

    @abstractmethod
    def interrupt(self, machine: Machine, action: Script, moment: Moment) -> None:
        """Carry out the action and interrupt it at the moment.

        Raises HarnessError when the action ended before the interruption.
        """

    def chosen(self, moments: tuple[Moment, ...]) -> tuple[Moment, ...]:
        """Return the moments at which this fault can be tested: by default all of them."""
        return moments


class Killed(Fault):
    """The whole tree of apt and dpkg is killed, as when memory runs out or a user kills it."""

    name = "killed"

    def interrupt(self, machine: Machine, action: Script, moment: Moment) -> None:
        """Kill at the step; the script must then fail, so that its rest does not run."""
        script = trapped(action.script, number=moment.number, act="kill")
        if machine.run(script, timeout_s=action.timeout_s).ok:
            raise _missed(moment)
        _prepare(machine, f"until [ -e {FOLDER}/done ]; do sleep 0.01; done")


class PowerLost(Fault):
    """The machine loses its power, and starts again."""

    name = "power-lost"

    def interrupt(self, machine: Machine, action: Script, moment: Moment) -> None:
        """Cut the power when the machine reports that it is at the step."""
        halted, ended = threading.Event(), threading.Event()
        script = trapped(action.script, number=moment.number, act="halt")
        output = bytearray()

        def listen(data: bytes) -> None:
            output.extend(data)
            if HALTED in output:
                halted.set()

        def work() -> None:
            try:
                machine.run(script, timeout_s=action.timeout_s, on_output=listen)
            except UpgradeproofError:
                pass  # its shell ended with the machine
            finally:
                ended.set()
                halted.set()

        worker = threading.Thread(target=work, name="interrupted", daemon=True)
        worker.start()
        halted.wait(action.timeout_s)
        if ended.is_set() or not halted.is_set():
            worker.join()
            raise _missed(moment)
        machine.power_cut(timeout_s=POWER_TIMEOUT_S)
        worker.join(POWER_TIMEOUT_S)


class DiskFull(Fault):
    """There is no free space for dpkg to unpack; space is freed before a recovery begins."""

    name = "disk-full"

    def chosen(self, moments: tuple[Moment, ...]) -> tuple[Moment, ...]:
        """Return the first unpacking of each action: it fails there, and nothing comes after."""
        firsts = {m.action: m for m in reversed(moments) if m.message.startswith("Unpacking")}
        return tuple(firsts[action] for action in sorted(firsts))

    def interrupt(self, machine: Machine, action: Script, moment: Moment) -> None:
        """Put dpkg's own folder on a small file system for the time of the action."""
        _prepare(machine, _SHRUNK)
        done = machine.run(action.script, timeout_s=action.timeout_s)
        _prepare(machine, _GROWN)
        if done.ok or b"No space left on device" not in done.stdout + done.stderr:
            raise _missed(moment)


FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in (Killed(), PowerLost(), DiskFull())}

_SHRUNK = f"""set -e
size=$(du -sk {_DPKG} | cut -f 1)
mkdir -p /run/upgradeproof-small
mount -t tmpfs -o size=$((size + {_FREE_KB}))k,mode=755 small /run/upgradeproof-small
cp -a {_DPKG}/. /run/upgradeproof-small
mount --bind /run/upgradeproof-small {_DPKG}
"""
_GROWN = f"""set -e
umount {_DPKG}
cp -a /run/upgradeproof-small/. {_DPKG}
umount /run/upgradeproof-small
rmdir /run/upgradeproof-small
"""


def _prepare(machine: Machine, script: str) -> None:
    done = machine.run(script)
    if not done.ok:
        raise HarnessError(f"{machine.name} can't be interrupted", details=done.tail)


def _missed(moment: Moment) -> HarnessError:
    return HarnessError(f"the upgrade was over before it could be interrupted at: {moment.message}")
