"""Follow a boot to its end, and tell apart the ways in which it can fail."""

from __future__ import annotations

import time

from upgradeproof.errors import BootError, MachineError
from upgradeproof.machines.qemu.life import Kind, Life, Sign

LOOP = 3
"""So many resets while one boot was waited for are a boot loop."""
_RESOLUTIONS = {
    Kind.PANIC: "boot the previous kernel from the boot loader's menu; is the root's driver in the"
    " initramfs, and was the initramfs made for this kernel?",
    Kind.EMERGENCY: "see the failed units on the console: a mount of fstab, a file system check",
    Kind.INITRAMFS: "the root disk was not found: is its driver in the initramfs, and does root="
    " name the right disk? boot the previous kernel, then update-initramfs -u -k all",
    Kind.LOADER: "the boot loader misses its files, or the kernel: grub-install, update-grub",
}


def follow(life: Life, mark: int, name: str, timeout_s: float, *, reset: bool) -> str:
    """Wait until a boot's agent reports and return the boot's id.

    ``mark`` is where the signs of this boot begin; with ``reset`` the machine must go down first.
    Raises BootError with the console's last lines when it ends otherwise; MachineError when QEMU
    ended under it.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        signs = life.since(mark)
        if trouble := judge(signs, name, reset=reset):
            trouble.details = life.console_tail
            raise trouble
        if boot := _ready(signs, reset=reset):
            return boot
        if not life.wait(mark + len(signs), deadline - time.monotonic()):
            raise _late(life, signs, name, timeout_s, reset=reset)


def judge(signs: tuple[Sign, ...], name: str, *, reset: bool) -> BootError | MachineError | None:
    """Return what is wrong with a boot from its signs so far; None while nothing is."""
    resets = 0
    for sign in signs:
        if sign.kind is Kind.GONE:
            return MachineError(
                f"QEMU ended while {name} booted",
                resolution="see qemu.log in the evidence: was it killed, or out of memory?",
            )
        if sign.kind is Kind.RESET:
            resets += 1
            if resets >= LOOP:
                return BootError(
                    f"{name} is in a boot loop: it was reset {resets} times and never came up",
                    resolution="see what it says last before each reset",
                )
        elif sign.kind in _RESOLUTIONS and (resets or not reset):
            return BootError(
                f"{name} does not boot: {sign.kind}: {sign.text}",
                resolution=_RESOLUTIONS[sign.kind],
            )
    return None


def _ready(signs: tuple[Sign, ...], *, reset: bool) -> str:
    """Return the id of a boot whose agent reported after the last reset, or ""."""
    down = not reset
    boot = ""
    for sign in signs:
        if sign.kind is Kind.RESET:
            down, boot = True, ""
        elif sign.kind is Kind.READY and down:
            boot = sign.text
    return boot


def _late(
    life: Life, signs: tuple[Sign, ...], name: str, timeout_s: float, *, reset: bool
) -> BootError:
    down = not reset or any(sign.kind is Kind.RESET for sign in signs)
    what = "hangs at boot: it did not answer" if down else "did not go down for its reboot"
    return BootError(
        f"{name} {what} in {timeout_s:g} s",
        details=life.console_tail,
        resolution="see console.log in the evidence: what is its last word?",
    )
