"""The errors that follow from the signs of a boot."""

from __future__ import annotations

import threading

import pytest

from upgradeproof.errors import BootError, MachineError, UpgradeproofError
from upgradeproof.machines.qemu.boot import follow, judge, locked_out
from upgradeproof.machines.qemu.life import Kind, Life, Sign

PANIC = "Kernel panic - not syncing: Attempted to kill init!"
ADVICE = {
    Kind.PANIC: "boot the previous kernel from the boot loader's menu; is the root's driver in the"
    " initramfs, and was the initramfs made for this kernel?",
    Kind.EMERGENCY: "see the failed units on the console: a mount of fstab, a file system check",
    Kind.INITRAMFS: "the root disk was not found: is its driver in the initramfs, and does root="
    " name the right disk? boot the previous kernel, then update-initramfs -u -k all",
    Kind.LOADER: "the boot loader misses its files, or the kernel: grub-install, update-grub",
}
R, Y = (Kind.RESET, ""), (Kind.READY, "boot-1")


def signs(*seen: tuple[Kind, str]) -> tuple[Sign, ...]:
    return tuple(Sign(kind=kind, text=text, at=0.0) for kind, text in seen)


def judged(*seen: tuple[Kind, str], reset: bool) -> UpgradeproofError | None:
    return judge(signs(*seen), "box", reset=reset)


@pytest.mark.parametrize(
    ("seen", "reset"),
    [
        ([], False),
        ([Y], False),
        ([R, Y], False),
        ([R, R, Y], True),
        ([(Kind.EMERGENCY, "You are in emergency mode"), R], True),
        ([(Kind.LOADER, "grub>")], True),
        ([Y, R], True),
    ],
)
def test_signs_of_a_normal_boot_are_no_error(seen: list[tuple[Kind, str]], reset: bool) -> None:
    assert judged(*seen, reset=reset) is None


@pytest.mark.parametrize("before", [[], [R], [R, R]])
@pytest.mark.parametrize("kind", list(ADVICE))
def test_the_error_of_a_failed_boot_states_what_to_do(
    kind: Kind, before: list[tuple[Kind, str]]
) -> None:
    error = judged(*before, (kind, "a message"), reset=bool(before))
    assert isinstance(error, BootError)
    assert str(error) == f"box does not boot: {kind}: a message\nTo do: {ADVICE[kind]}"


def test_a_panic_during_a_shutdown_is_an_error_at_once() -> None:
    error = judged((Kind.PANIC, PANIC), reset=True)
    assert isinstance(error, BootError)
    assert str(error) == (
        f"box does not go down for its reboot: {PANIC}\nTo do: see the console's lines before it"
    )


def test_three_resets_are_a_boot_loop() -> None:
    error = judged(R, Y, R, Y, R, reset=True)
    assert isinstance(error, BootError)
    assert str(error) == (
        "box is in a boot loop: it was reset 3 times and never came up\n"
        "To do: see its last lines before each reset"
    )


def test_an_end_of_qemu_is_no_failure_of_the_product() -> None:
    error = judged(R, (Kind.GONE, ""), reset=True)
    assert isinstance(error, MachineError)
    assert str(error) == (
        "QEMU ended while box booted\n"
        "To do: QEMU's own lines are the last of console.log in the evidence: was it killed, or"
        " out of memory?"
    )


def test_a_disk_that_this_host_can_not_write_is_no_failure_of_the_product() -> None:
    error = judged(R, (Kind.STOPPED, "No space left on device"), reset=True)
    assert isinstance(error, MachineError)
    assert str(error) == (
        "QEMU has stopped box: this host could not write its disk\n"
        "To do: is the disk full? free disk space; "
        "`upgradeproof prune --states` removes cached states"
    )


def followed(*seen: tuple[Kind, str], reset: bool, timeout_s: float = 0.2) -> int:
    life = Life()
    life.note(Kind.READY, "an earlier boot")
    mark = life.mark
    life.feed(b"lines of the console\r\n")
    for kind, text in seen:
        life.note(kind, text)
    return follow(life, mark, "box", timeout_s, reset=reset)


@pytest.mark.parametrize(
    ("seen", "reset", "mark"),
    [([Y], False, 2), ([R, Y], True, 3), ([R, Y], False, 3), ([Y, R, Y], True, 4)],
)
def test_a_boot_ends_with_the_report_of_its_agent(
    seen: list[tuple[Kind, str]], reset: bool, mark: int
) -> None:
    assert followed(*seen, reset=reset) == mark


def test_a_boot_waits_for_the_report_of_its_agent() -> None:
    life = Life()
    for after_s, kind in ((0.05, Kind.RESET), (0.1, Kind.READY)):
        threading.Timer(after_s, life.note, args=[kind]).start()
    assert follow(life, 0, "box", 5, reset=True) == 2


@pytest.mark.parametrize("seen", [[], [Y]])
def test_a_machine_that_does_not_shut_down_is_an_error(seen: list[tuple[Kind, str]]) -> None:
    """The report is that of an agent that was restarted in the same boot."""
    with pytest.raises(BootError) as caught:
        followed(*seen, reset=True)
    assert str(caught.value) == (
        "box did not go down for its reboot in 0.2 s\nlines of the console\n"
        "To do: see the last lines of console.log in the evidence"
    )


@pytest.mark.parametrize(("seen", "reset"), [([R], True), ([], False), ([Y, R], True)])
def test_a_boot_that_hangs_is_an_error(seen: list[tuple[Kind, str]], reset: bool) -> None:
    with pytest.raises(BootError) as caught:
        followed(*seen, reset=reset)
    assert str(caught.value) == (
        "box hangs at boot: it did not answer in 0.2 s\nlines of the console\n"
        "To do: see the last lines of console.log in the evidence"
    )


def test_the_error_of_a_failed_boot_quotes_the_console() -> None:
    with pytest.raises(BootError) as caught:
        followed(R, (Kind.PANIC, PANIC), reset=True)
    assert caught.value.details == "lines of the console"


@pytest.mark.parametrize(
    ("after_s", "words"),
    [(0.05, "You are in emergency mode"), (5.0, "systemd's state is maintenance")],
)
def test_the_error_of_an_emergency_shell_quotes_the_console_if_possible(
    after_s: float, words: str
) -> None:
    """The shell may appear on the console after systemd has reported it, or never."""
    life = Life()
    life.note(*Y)
    console = threading.Timer(
        after_s, life.note, args=[Kind.EMERGENCY, "You are in emergency mode"]
    )
    console.start()
    error = locked_out(life, 0, "box", timeout_s=0.5)
    console.cancel()
    assert str(error) == (
        f"box does not boot: emergency shell: {words}\nTo do: {ADVICE[Kind.EMERGENCY]}"
    )
