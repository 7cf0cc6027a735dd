"""From what was seen of a boot to what is said of it."""

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
def test_what_may_be_part_of_a_boot_is_no_trouble(
    seen: list[tuple[Kind, str]], reset: bool
) -> None:
    assert judged(*seen, reset=reset) is None


@pytest.mark.parametrize("before", [[], [R], [R, R]])
@pytest.mark.parametrize("kind", list(ADVICE))
def test_a_trouble_ends_a_boot_and_says_what_to_do(
    kind: Kind, before: list[tuple[Kind, str]]
) -> None:
    error = judged(*before, (kind, "what it said"), reset=bool(before))
    assert isinstance(error, BootError)
    assert str(error) == f"box does not boot: {kind}: what it said\nTo do: {ADVICE[kind]}"


def test_a_panic_on_the_way_down_is_not_waited_out() -> None:
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


def test_an_end_of_qemu_is_not_the_products() -> None:
    error = judged(R, (Kind.GONE, ""), reset=True)
    assert isinstance(error, MachineError)
    assert str(error) == (
        "QEMU ended while box booted\n"
        "To do: see qemu.log in the evidence: was it killed, or out of memory?"
    )


def test_a_disk_that_this_host_cannot_write_is_not_the_products() -> None:
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
    life.feed(b"the console's words\r\n")
    for kind, text in seen:
        life.note(kind, text)
    return follow(life, mark, "box", timeout_s, reset=reset)


@pytest.mark.parametrize(
    ("seen", "reset", "mark"),
    [([Y], False, 2), ([R, Y], True, 3), ([R, Y], False, 3), ([Y, R, Y], True, 4)],
)
def test_a_boot_ends_with_its_agents_report(
    seen: list[tuple[Kind, str]], reset: bool, mark: int
) -> None:
    assert followed(*seen, reset=reset) == mark


def test_a_report_is_waited_for() -> None:
    life = Life()
    for after_s, kind in ((0.05, Kind.RESET), (0.1, Kind.READY)):
        threading.Timer(after_s, life.note, args=[kind]).start()
    assert follow(life, 0, "box", 5, reset=True) == 2


@pytest.mark.parametrize("seen", [[], [Y]])
def test_a_machine_that_does_not_go_down_is_said(seen: list[tuple[Kind, str]]) -> None:
    """The report is that of an agent that was started anew, in the same boot."""
    with pytest.raises(BootError) as caught:
        followed(*seen, reset=True)
    assert str(caught.value) == (
        "box did not go down for its reboot in 0.2 s\nthe console's words\n"
        "To do: see the last lines of console.log in the evidence"
    )


@pytest.mark.parametrize(("seen", "reset"), [([R], True), ([], False), ([Y, R], True)])
def test_a_boot_that_hangs_is_said(seen: list[tuple[Kind, str]], reset: bool) -> None:
    with pytest.raises(BootError) as caught:
        followed(*seen, reset=reset)
    assert str(caught.value) == (
        "box hangs at boot: it did not answer in 0.2 s\nthe console's words\n"
        "To do: see the last lines of console.log in the evidence"
    )


def test_a_trouble_is_told_with_the_consoles_words() -> None:
    with pytest.raises(BootError) as caught:
        followed(R, (Kind.PANIC, PANIC), reset=True)
    assert caught.value.details == "the console's words"


@pytest.mark.parametrize(
    ("after_s", "words"),
    [(0.05, "You are in emergency mode"), (5.0, "systemd's state is maintenance")],
)
def test_an_emergency_shell_that_systemd_knows_of_is_told_in_the_consoles_words(
    after_s: float, words: str
) -> None:
    """The shell may come to the console after systemd has told of it, or never."""
    life = Life()
    life.note(*Y)
    speaks = threading.Timer(after_s, life.note, args=[Kind.EMERGENCY, "You are in emergency mode"])
    speaks.start()
    error = locked_out(life, 0, "box", timeout_s=0.5)
    speaks.cancel()
    assert str(error) == (
        f"box does not boot: emergency shell: {words}\nTo do: {ADVICE[Kind.EMERGENCY]}"
    )
