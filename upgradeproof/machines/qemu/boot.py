"""Follow a boot to its end, and distinguish the kinds of its failures."""

from __future__ import annotations

import time

from upgradeproof.errors import BootError, MachineError
from upgradeproof.machines.qemu.life import Kind, Life, Sign
from upgradeproof.machines.qemu.qmp import ENDED

LOOP = 3
"""So many resets during the wait for one boot are a boot loop."""
_SHELL_S = 10.0
"""How long an emergency shell is waited for on the console, once systemd has reported it."""
_RESOLUTIONS = {
    Kind.PANIC: "boot the previous kernel from the boot loader's menu; is the root's driver in the"
    " initramfs, and was the initramfs made for this kernel?",
    Kind.EMERGENCY: "see the failed units on the console: a mount of fstab, a file system check",
    Kind.INITRAMFS: "the root disk was not found: is its driver in the initramfs, and does root="
    " name the right disk? boot the previous kernel, then update-initramfs -u -k all",
    Kind.LOADER: "the boot loader misses its files, or the kernel: grub-install, update-grub",
}


def follow(life: Life, mark: int, name: str, timeout_s: float, *, reset: bool) -> int:
    """Wait until a boot's agent reports and return the mark behind its report.

    ``mark`` is where the signs of this boot begin; with ``reset`` the machine must go down first.
    Raises BootError with the console's last lines when it ends otherwise; MachineError when QEMU
    ended under it.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        signs = life.since(mark)
        if trouble := judge(signs, name, reset=reset):
            raise with_console(trouble, life)
        if ready := _ready(signs, reset=reset):
            return mark + ready
        if not life.wait(mark + len(signs), deadline - time.monotonic()):
            raise _late(life, signs, name, timeout_s, reset=reset)


def with_console(trouble: BootError | MachineError, life: Life) -> BootError | MachineError:
    """Return the error with the console's last lines, once the console has printed them."""
    life.rest()
    trouble.details = life.console_tail
    return trouble


def judge(signs: tuple[Sign, ...], name: str, *, reset: bool) -> BootError | MachineError | None:
    """Return what is wrong with a boot from its signs so far; None while nothing is."""
    resets = 0
    for sign in signs:
        if sign.kind is Kind.GONE:
            return MachineError(
                f"QEMU ended while {name} booted",
                resolution=ENDED,
            )
        if sign.kind is Kind.STOPPED:
            return stopped(name)
        if sign.kind is Kind.RESET:
            resets += 1
            if resets >= LOOP:
                return BootError(
                    f"{name} is in a boot loop: it was reset {resets} times and never came up",
                    resolution="see its last lines before each reset",
                )
        elif sign.kind is Kind.PANIC and reset and not resets:
            return BootError(
                f"{name} does not go down for its reboot: {sign.text}",
                resolution="see the console's lines before it",
            )
        elif sign.kind in _RESOLUTIONS and (resets or not reset):
            return _ended(name, sign.kind, sign.text)
    return None


def _ended(name: str, kind: Kind, text: str) -> BootError:
    return BootError(f"{name} does not boot: {kind}: {text}", resolution=_RESOLUTIONS[kind])


def locked_out(life: Life, mark: int, name: str, timeout_s: float = _SHELL_S) -> BootError:
    """Return the error for a boot that systemd itself calls ``maintenance``.

    The shell prints a better message on the console, but may print it later.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        signs = life.since(mark)
        shell = next((sign.text for sign in signs if sign.kind is Kind.EMERGENCY), "")
        left = deadline - time.monotonic()
        if shell or left <= 0 or not life.wait(mark + len(signs), left):
            break
    return _ended(name, Kind.EMERGENCY, shell or "systemd's state is maintenance")


def stopped(name: str) -> MachineError:
    """Return the error for a machine whose disk could not be written on this host."""
    return MachineError(
        f"QEMU has stopped {name}: this host could not write its disk",
        resolution="is the disk full? free disk space; "
        "`upgradeproof prune --states` removes cached states",
    )


def _ready(signs: tuple[Sign, ...], *, reset: bool) -> int:
    """Return how many signs there are with the agent's report after the last reset, or 0."""
    down = not reset
    ready = 0
    for number, sign in enumerate(signs, start=1):
        if sign.kind is Kind.RESET:
            down, ready = True, 0
        elif sign.kind is Kind.READY and down:
            ready = number
    return ready


def _late(
    life: Life, signs: tuple[Sign, ...], name: str, timeout_s: float, *, reset: bool
) -> BootError:
    down = not reset or any(sign.kind is Kind.RESET for sign in signs)
    what = "hangs at boot: it did not answer" if down else "did not go down for its reboot"
    return BootError(
        f"{name} {what} in {timeout_s:g} s",
        details=life.console_tail,
        resolution="see the last lines of console.log in the evidence",
    )
