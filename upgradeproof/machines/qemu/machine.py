"""A running VM, behind the same protocol as a container."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from upgradeproof.command import Completed
from upgradeproof.errors import (
    BootError,
    ChannelError,
    CommandTimeoutError,
    MachineError,
    UpgradeproofError,
)
from upgradeproof.machines import clock
from upgradeproof.machines.channel import Channel, Transport, end_session_script
from upgradeproof.machines.channel_machine import ChannelMachine
from upgradeproof.machines.qemu import boot
from upgradeproof.machines.qemu.disks import Disks
from upgradeproof.machines.qemu.life import Kind
from upgradeproof.machines.qemu.process import Process
from upgradeproof.machines.qemu.snapshots import MEMORY, Snapshot
from upgradeproof.machines.systemd import SETTLED
from upgradeproof.results import Fidelity

_LAST_SIGN_S = 1.0
"""How long the console may lag behind a shell that died: panics are printed, then seen."""
_END_TIMEOUT_S = 20.0
_SETTLED = f"udevadm settle --timeout=120; {SETTLED}"
"""systemd may have settled before the drivers of slow devices are there: udev is asked first."""
_RESEED = r"""perl -e '
my $seed = do { local $/; <STDIN> };
open(my $random, ">", "/dev/urandom") or die "$!\n";
ioctl($random, 0x40085203, pack("ii", 8 * length $seed, length $seed) . $seed) or die "$!\n";
ioctl($random, 0x5207, 0) or die "$!\n"'
"""
"""RNDADDENTROPY and RNDRESEEDCRNG (random(4)): what is only written to /dev/urandom waits for the
kernel's next turn, up to a minute away, and until then every clone draws the same numbers."""
_DOWN = frozenset({Kind.RESET, Kind.PANIC, Kind.STOPPED, Kind.GONE})
"""After these signs a command is not waited for any more."""


class QemuMachine(ChannelMachine):
    """A running VM."""

    def __init__(
        self, process: Process, origin: Snapshot, folder: Path, fidelity: Fidelity
    ) -> None:
        super().__init__(process.name, fidelity)
        self.process = process
        self._origin = origin
        """What its disks are overlays of."""
        self._folder = folder
        self._known = 0
        """The mark up to which the signs of its life were handled; later ones were not expected."""
        self._disks = Disks(folder, tuple(origin.disks), process.monitor)

    def run(
        self,
        script: str,
        *,
        timeout_s: float = 60.0,
        stdin: bytes = b"",
        on_output: Callable[[bytes], None] | None = None,
    ) -> Completed:
        """Run a script through the channel; see the protocol.

        Raises BootError when the machine went down unasked during it, or since the command before
        it: that is the product's fault.
        """
        mark = self.process.life.mark
        if any(sign.kind in _DOWN for sign in self.process.life.since(self._known)):
            raise self._diagnosed(MachineError("it was not run"), mark, "before a command")
        try:
            return super().run(script, timeout_s=timeout_s, stdin=stdin, on_output=on_output)
        except (ChannelError, CommandTimeoutError) as error:
            raise self._diagnosed(error, mark) from None

    def reboot(self, *, timeout_s: float) -> None:
        """Boot again, by the machine's own means, and wait until its init has settled.

        Raises BootError, with the console's last lines, when it does not come up.
        """
        mark = self.process.life.mark
        with suppress(ChannelError, CommandTimeoutError):  # it goes down under its own command
            self._channel.run("systemctl reboot", timeout_s=_END_TIMEOUT_S)
        self._await_boot(mark, timeout_s, reset=True)

    def power_cut(self, *, timeout_s: float) -> None:
        """Cut the power for a moment: data that was not written to the disk is lost."""
        mark = self.process.life.mark
        self.process.monitor.execute("system_reset")
        self._await_boot(mark, timeout_s, reset=True)

    def power_off(self, *, timeout_s: float) -> None:
        """Shut down, and wait until QEMU has ended. Raises BootError when it does not."""
        mark, life = self.process.life.mark, self.process.life
        with suppress(ChannelError, CommandTimeoutError):
            self._channel.run("systemctl poweroff", timeout_s=_END_TIMEOUT_S)
        deadline = time.monotonic() + timeout_s
        while not any(sign.kind is Kind.GONE for sign in life.since(mark)):
            if not life.wait(mark + len(life.since(mark)), deadline - time.monotonic()):
                raise BootError(
                    f"{self.name} did not shut down in {timeout_s:g} s", details=life.console_tail
                )
        self.process.wait()

    @property
    def disks(self) -> dict[str, Path]:
        """Return the files that it writes to now."""
        return self._disks.files

    def await_first_boot(self, *, timeout_s: float) -> None:
        """Wait until a machine that was just started has settled. Raises BootError."""
        self._await_boot(0, timeout_s, reset=False)

    def wake(self) -> None:
        """Give a resumed machine its own clock and its own random numbers."""
        self.process.port.send_line(b"reset")
        self.run("true")  # the way is open: the time is still right when it arrives
        seed = secrets.token_bytes(64)
        done = self.run(f"{clock.set_script(time.time())} && {_RESEED}", stdin=seed)
        if not done.ok:
            raise MachineError(
                f"the clock and the random numbers of {self.name} can't be set", details=done.tail
            )

    def published(self, port: int) -> int:
        """Return this host's port that leads to ``port``. Raises MachineError if there is none."""
        try:
            return self._forwards[port]
        except KeyError:
            raise MachineError(
                f"port {port} of {self.name} is not published",
                resolution="name it in the plan as the port of an endpoint",
            ) from None

    @cached_property
    def _forwards(self) -> dict[int, int]:
        return dict(self.process.forwards())

    def logs(self) -> str:
        """Return the console's output so far, and that of QEMU itself."""
        return "\n".join(filter(None, [self.process.life.console, self.process.log]))

    def alive(self) -> bool:
        """Return whether QEMU runs."""
        return self.process.alive

    def connect(self) -> Transport:
        """Start a shell for the channel."""
        return self.process.port.open()

    def end_session(self, pid: int) -> None:
        """End what a shell left behind, through another shell."""
        other = Channel(_LastShell(self), self.name)
        try:
            other.run(end_session_script(pid), timeout_s=_END_TIMEOUT_S)
        finally:
            other.close()

    def freeze(self, snapshot: Snapshot, *, memory: bool) -> None:
        """Save disks and memory as they are now in the snapshot's folder, and go on.

        The disks' files move there; the machine goes on with overlays on them. It pauses for about
        half a second.
        """
        self.run("sync")  # the memory may never be used again: by another QEMU, for one
        self.process.monitor.execute("stop")
        try:
            self._disks.freeze(snapshot.disks)
            if memory:
                self._save_memory(snapshot)
        finally:
            self.process.monitor.execute("cont")
        self._continue_on(snapshot)

    def _save_memory(self, snapshot: Snapshot) -> None:
        """Save the memory. If that fails, the snapshot has disks alone: the machine needs them."""
        try:
            self.process.save_memory(snapshot.folder / MEMORY)
        except MachineError:
            self._continue_on(replace(snapshot, memory=""))
            raise

    def _continue_on(self, snapshot: Snapshot) -> None:
        """Note that the machine's disks are overlays of a snapshot, which is complete now."""
        snapshot.write()
        (self._folder / "origin").write_text(str(snapshot.folder), encoding="utf-8")
        self._origin = snapshot

    @property
    def origin(self) -> Snapshot:
        """Return what the machine's disks are overlays of."""
        return self._origin

    def close(self) -> None:
        """End the machine at once."""
        self.process.kill()  # first: a machine that hangs takes no farewell
        self._channel.close()

    def _await_boot(self, mark: int, timeout_s: float, *, reset: bool) -> None:
        deadline = time.monotonic() + timeout_s
        life = self.process.life
        try:
            self._known = boot.follow(life, mark, self.name, timeout_s, reset=reset)
        except MachineError as error:
            error.details = "\n".join(filter(None, [error.details, self.process.log]))
            raise
        try:
            left = max(deadline - time.monotonic(), 1.0)
            settled = self._channel.run(_SETTLED, timeout_s=left).text
        except CommandTimeoutError:
            raise BootError(
                f"{self.name} booted, and its systemd did not settle in {timeout_s:g} s",
                details=f"{self._jobs()}\n{life.console_tail}",
                resolution="the jobs that it waits for are above",
            ) from None
        except ChannelError as error:
            life.wait(self._known, _LAST_SIGN_S)
            if trouble := boot.judge(life.since(mark), self.name, reset=reset):
                raise boot.with_console(trouble, life) from None
            raise self._diagnosed(error, self._known) from None
        if settled == "maintenance":
            raise boot.with_console(boot.locked_out(life, mark, self.name), life)

    def _jobs(self) -> str:
        with suppress(MachineError):
            return self._channel.run("systemctl list-jobs --no-pager", timeout_s=10).text
        return ""

    def _diagnosed(
        self, error: MachineError, mark: int, when: str = "under a command"
    ) -> UpgradeproofError:
        """Return why a command ended: the machine's own end, where there are signs of one.

        ``mark`` is where the signs begin that one is still waited for.
        """
        life = self.process.life
        if isinstance(error, ChannelError):
            life.wait(mark, _LAST_SIGN_S)
        for sign in life.since(self._known):
            if sign.kind is Kind.GONE:
                return MachineError(
                    f"QEMU of {self.name} ended {when}",
                    details="\n".join(filter(None, [self.process.log, error.details])),
                    resolution="was it killed, or out of memory? see `dmesg` of this host",
                )
            if sign.kind is Kind.STOPPED:
                return boot.stopped(self.name)
            if sign.kind is Kind.RESET:
                return BootError(
                    f"{self.name} was reset unexpectedly {when}",
                    details=f"{error.brief}\n{life.console_tail}",
                    resolution='if the reboot is intended, add it to the plan: step = "reboot"',
                )
            if sign.kind is not Kind.READY:
                life.rest()
                return BootError(
                    f"{self.name} went down {when}: {sign.kind}: {sign.text}",
                    details=f"{error.brief}\n{life.console_tail}",
                    resolution="see console.log in the evidence",
                )
        return error


class _LastShell:
    """Start shells, and end nothing that they leave: they were started to end other processes."""

    def __init__(self, machine: QemuMachine) -> None:
        self._machine = machine

    def connect(self) -> Transport:
        return self._machine.connect()

    def end_session(self, pid: int) -> None:
        pass
