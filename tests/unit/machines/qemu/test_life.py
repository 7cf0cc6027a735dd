"""Errors are recognised in the output of a console, in whatever pieces its bytes arrive."""

from __future__ import annotations

import threading
import time

import pytest

from upgradeproof.machines.qemu.life import Kind, Life

PANIC = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)"
ALERT = "ALERT!  UUID=fb66a876-d4b2 does not exist.  Dropping to a shell!"
NO_KERNEL = "error: file `/boot/vmlinuz-6.1.0-56-cloud-amd64' not found."
ERRORS = [
    (f"[    1.503211] {PANIC}\r\n", Kind.PANIC, PANIC),
    (f"[    1.5]\x1b[31m {PANIC}\x1b[0m\r\n", Kind.PANIC, PANIC),
    (f"{ALERT}\r\n", Kind.INITRAMFS, ALERT),
    (
        "Gave up waiting for root file system device.  Common problems:\r\n",
        Kind.INITRAMFS,
        "Gave up waiting for root file system device.  Common problems:",
    ),
    ("(initramfs) ", Kind.INITRAMFS, "(initramfs)"),
    ("\x1b[6n\r(initramfs) \x1b[6n", Kind.INITRAMFS, "(initramfs)"),
    ("\x1b]3008;start=1;type=shell\x1b\\(initramfs) ", Kind.INITRAMFS, "(initramfs)"),
    (
        'You are in emergency mode. After logging in, type "journalctl -xb" to view\r\n',
        Kind.EMERGENCY,
        "You are in emergency mode",
    ),
    ("You are in rescue mode. After logging in\r\n", Kind.EMERGENCY, "You are in rescue mode"),
    (
        "Cannot open access to console, the root account is locked.\r\n",
        Kind.EMERGENCY,
        "Cannot open access to console, the root account is locked",
    ),
    ("grub rescue> ", Kind.LOADER, "grub rescue>"),
    ("\r\n\r\x1b[mgrub> ", Kind.LOADER, "grub>"),
    (
        "\rerror: file '/boot/vmlinuz-6.1' not found.\r\n",
        Kind.LOADER,
        "error: file '/boot/vmlinuz-6.1' not found.",
    ),
    (f"\r{NO_KERNEL}\n\r", Kind.LOADER, NO_KERNEL),
    (
        "error: ../../grub-core/fs/fshelp.c:257:file `/boot/initrd.img-6' not found.\n\r",
        Kind.LOADER,
        "error: ../../grub-core/fs/fshelp.c:257:file `/boot/initrd.img-6' not found.",
    ),
    (
        "error: you need to load the kernel first.\n\r",
        Kind.LOADER,
        "error: you need to load the kernel first.",
    ),
    ("\r\nNo bootable device.\r\n", Kind.LOADER, "No bootable device."),
    (
        "BdsDxe: No bootable option or device was found.\r\n",
        Kind.LOADER,
        "BdsDxe: No bootable option or device was found.",
    ),
]
HARMLESS = [
    "[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz root=UUID=x panic=10 emergency ro\r\n",
    "[    0.000000] Kernel command line: systemd.unit=rescue.target grub> (initramfs) x\r\n",
    "[  OK  ] Reached target emergency.target - Emergency Mode.\r\n",
    "         Starting emergency.service - Emergency Shell...\r\n",
    "app[212]: error: file '/etc/app.conf' not found.\r\n",
    "error: file '/etc/app.conf' not found.\r\n",
    "error: file `/boot/grub/fonts/unicode.pf2' not found.\n\r",
    "error: no such device: 1234-abcd.\n\r",
    "error: no suitable video mode found.\n\r",
    "Gave up waiting for suspend/resume device\r\n",
    "[    2.1] ACPI: ALERT! battery low\r\n",
    "type 'exit' in (initramfs) to go on\r\n",
    "[    3.2] watchdog: kernel panic on hang is off\r\n",
    "Loading initial ramdisk ...\r\n",
    "machine login: ",
    "\x1b[2;24HGNU GRUB  version 2.06\r\n",
]


def read(text: str, size: int = 1 << 16) -> tuple[Life, list[bool]]:
    """Return a life that has received the output of a console in pieces."""
    life, data = Life(), text.encode()
    return life, [life.feed(data[at : at + size]) for at in range(0, len(data), size)]


def signs(life: Life) -> list[tuple[Kind, str]]:
    return [(sign.kind, sign.text) for sign in life.since(0)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1 << 16])
@pytest.mark.parametrize(("text", "kind", "words"), ERRORS)
def test_an_error_is_one_sign_in_whatever_pieces_its_bytes_arrive(
    text: str, kind: Kind, words: str, size: int
) -> None:
    life, found = read(f"[  OK  ] Started something.\r\n{text}", size)
    assert signs(life) == [(kind, words)]
    assert found.count(True) == 1


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
@pytest.mark.parametrize("text", HARMLESS)
def test_a_line_that_resembles_an_error_is_no_sign(text: str, size: int) -> None:
    life, found = read(text * 3, size)
    assert signs(life) == []
    assert not any(found)


def test_a_prompt_is_one_sign_before_its_line_ends() -> None:
    life = Life()
    assert life.feed(b"\r\n(initramfs) ")
    assert not life.feed(b"reboot")
    assert not life.feed(b"\r\nsomething\r\n")
    assert life.feed(b"(initramfs) ")
    assert signs(life) == [(Kind.INITRAMFS, "(initramfs)")] * 2


def test_the_same_error_in_the_next_boot_is_another_sign() -> None:
    life = Life()
    life.feed(f"{PANIC}\r\n".encode())
    life.note(Kind.RESET)
    life.feed(f"{PANIC}\r\n".encode())
    assert [kind for kind, _ in signs(life)] == [Kind.PANIC, Kind.RESET, Kind.PANIC]


def test_an_error_after_invalid_bytes_is_a_sign() -> None:
    life = Life()
    life.feed(b"\xff\xfe\x00\x80garbage\x1b\x1b[\n" + f"{PANIC}\r\n".encode())
    assert signs(life) == [(Kind.PANIC, PANIC)]


def test_a_line_without_end_is_not_read_repeatedly() -> None:
    life = Life()
    began = time.monotonic()
    for _ in range(200):
        life.feed(b"." * 1000)
    assert time.monotonic() - began < 2
    assert len(life.console) == 200_000


def test_resets_within_a_second_are_one() -> None:
    life = Life()
    for _ in range(3):
        life.note(Kind.RESET)
    assert signs(life) == [(Kind.RESET, "")]


def test_a_reset_after_a_second_is_another() -> None:
    life = Life()
    life.note(Kind.RESET)
    time.sleep(1.05)
    life.note(Kind.RESET)
    assert life.mark == 2


def test_a_console_is_printed_without_control_sequences() -> None:
    life, _ = read("\x1b[0;32m  OK  \x1b[0m\x1b[H\x1b[?25l\x1b(B done\r\n\x1bP+q6E\x1b\\end\x1b[c")
    assert life.console == "  OK   done\nend"


def test_the_tail_consists_of_the_last_lines_that_are_not_empty() -> None:
    life, _ = read("\r\n".join(f"{number}  " for number in range(100)) + "\r\n\r\n\r\n")
    assert life.console_tail.splitlines() == [str(number) for number in range(70, 100)]


def test_a_wait_ends_with_a_sign_and_not_with_other_output() -> None:
    life = Life()
    mark = life.mark
    writer = threading.Timer(0.05, life.feed, args=[b"words\n"])
    signaller = threading.Timer(0.15, life.note, args=[Kind.READY, "boot"])
    began = time.monotonic()
    writer.start()
    signaller.start()
    assert life.wait(mark, 5)
    assert 0.1 < time.monotonic() - began < 2
    assert not life.wait(life.mark, 0.01)


def test_a_wait_for_a_quiet_console_has_a_limit() -> None:
    life, stop = Life(), threading.Event()

    def write() -> None:
        while not stop.wait(0.05):
            life.feed(b"again\n")

    writer = threading.Thread(target=write)
    writer.start()
    began = time.monotonic()
    life.rest(quiet_s=0.2, timeout_s=0.5)
    stop.set()
    writer.join()
    assert 0.4 < time.monotonic() - began < 1.5
