"""GRUB's default entry by number, title, id and path, and GRUB's behaviour for a wrong one."""

from __future__ import annotations

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.grub import Default, default

OLD, NEW = "5.10.0-38-cloud-amd64", "6.1.0-44-cloud-amd64"
LINES = [
    line.partition("\t")[2] for line in captured("boot").split("\n") if line.startswith("grub\t")
]
ADVANCED = "Advanced options for Debian GNU/Linux"


def chosen(name: str, **environment: str) -> Default:
    lines = [f'set default="{name}"' if line == 'set default="0"' else line for line in LINES]
    return default(lines, environment)


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("0", NEW),
        ("", NEW),
        ("Debian GNU/Linux", NEW),
        ("gnulinux-simple-ab12", NEW),
        ("1", NEW),
        ("1>1", OLD),
        (f"{ADVANCED}>1", OLD),
        (f"{ADVANCED}>Debian GNU/Linux, with Linux {OLD}", OLD),
        (f"gnulinux-advanced-ab12>gnulinux-{OLD}-advanced-ab12", OLD),
    ],
)
def test_an_entry_is_found_as_grub_finds_it(name: str, release: str) -> None:
    assert (chosen(name).release, chosen(name).problem) == (release, "")


def test_a_saved_entry_is_followed() -> None:
    assert chosen("${saved_entry}", saved_entry="1>1").release == OLD
    assert chosen("${saved_entry}").release == NEW
    assert chosen("${saved_entry}", saved_entry="0", prev_saved_entry="1>1").release == OLD


def test_an_entry_for_one_boot_has_priority() -> None:
    assert chosen("0", next_entry="1>1", saved_entry="0").release == OLD


@pytest.mark.parametrize("name", ["7", "Debian GNU/Linux, with Linux 4.19", "1>9"])
def test_for_an_unknown_name_the_first_entry_is_used_and_the_problem_reported(name: str) -> None:
    last = name.rsplit(">", maxsplit=1)[-1]
    assert chosen(name).release == NEW
    assert chosen(name).problem == f"no entry is named {last!r}: GRUB starts the first one"


def test_an_entry_without_a_kernel_is_reported() -> None:
    assert chosen("uefi-firmware") == Default(
        entry="UEFI Firmware Settings", problem="the default entry starts no Linux"
    )


def test_a_kernel_without_a_release_is_reported() -> None:
    found = default(["menuentry 'mine' {", "linux /vmlinuz root=/dev/vda1", "}"], {})
    assert found.problem == "the default entry starts /vmlinuz, which names no release"


def test_titles_may_hold_quotes_and_angles() -> None:
    lines = [
        "set default='It'\\''s a >> b'",
        "menuentry 'It'\\''s a > b' {",
        "linux /vmlinuz-1",
        "}",
    ]
    assert default(lines, {}) == Default(entry="It's a > b", release="1")


@pytest.mark.parametrize("lines", [[], ["}"], ["set default=0"], ["submenu 'a' {", "}"], ["'"]])
def test_a_menu_without_entries_is_reported(lines: list[str]) -> None:
    assert default(lines, {}).problem


def test_an_entry_on_one_line_ends_there() -> None:
    lines = ["menuentry 'Reboot' { reboot }", "menuentry 'b' {", "linux /boot/vmlinuz-2", "}"]
    assert default(["set default=b", *lines], {}).release == "2"
