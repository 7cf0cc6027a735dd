"""The kernel's error messages: their kinds, and keys that are the same after another boot."""

from __future__ import annotations

import re

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.base import Facts, diff
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.kernel_log import KernelLog

KINDS = (
    *("taint", "signature", "version", "symbol", "format", "format", "firmware"),
    *("crash", "crash", "disk", "disk", "memory"),
)
"""Taken from captured lines."""


def kinds(text: str) -> list[str]:
    return [complaint.kind for complaint in KernelLog.parse(text, ProbeInputs()).values()]


@pytest.mark.parametrize(
    ("line", "kind"),
    list(zip(captured("kernel_log").splitlines(), KINDS, strict=True)),
)
def test_every_complaint_is_of_a_kind(line: str, kind: str) -> None:
    assert kinds(line) == [kind]


@pytest.mark.parametrize(
    "line",
    [
        "EXT4-fs (vda1): mounted filesystem with ordered data mode",
        "Debugging is off",
        "..MP-BIOS bug: 8254 timer not connected to IO-APIC",
        "[Firmware Bug]: TSC not synchronous to P0",
        "virtio_blk virtio1: [vda] 4194304 512-byte logical blocks",
        "nft: warning: `nft' uses old interface",
        "",
    ],
)
def test_other_lines_are_ignored(line: str) -> None:
    assert kinds(line) == []


def test_the_same_complaint_has_the_same_key_at_any_time() -> None:
    first = "[    1.5] blk_update_request: I/O error, dev vda, sector 2048\n"
    again = "blk_update_request: I/O error, dev vda, sector 777\n" * 2
    keys = [list(KernelLog.parse(text, ProbeInputs())) for text in (first, again)]
    assert keys[0] == keys[1] == ["disk: blk_update_request: I/O error, dev vda, sector N"]
    (seen,) = KernelLog.parse(again, ProbeInputs()).values()
    assert seen.count == 2


def test_only_new_complaints_are_differences() -> None:
    facts = Facts({"kernel_log": KernelLog.parse(captured("kernel_log"), ProbeInputs())})
    assert diff(facts, Facts({"kernel_log": {}})) == ()
    assert len(diff(Facts({"kernel_log": {}}), facts)) == len(facts[KernelLog])


def test_the_machine_filters_with_the_words_that_are_read_here() -> None:
    words = re.search(r"grep -aiE -m \d+ '([^']+)'", KernelLog.script(ProbeInputs()))
    assert words
    assert not re.search(r"\(\?|\\[dsSwW]", words[1]), "grep -E does not know these"
