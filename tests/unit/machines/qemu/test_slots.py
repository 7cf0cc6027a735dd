"""Cores and memory limit how many cells run VMs at the same time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from upgradeproof.machines.qemu import slots


@pytest.mark.parametrize(
    ("cores", "memory_mb", "expected"),
    [(2, 24_000, 2), (16, 8_000, 2), (4, 32_000, 4), (2, 2_000, 1), (1, 64_000, 1)],
)
def test_the_scarcer_of_cores_and_memory_counts(cores: int, memory_mb: int, expected: int) -> None:
    assert slots.count(cores, memory_mb) == expected


def test_a_cell_without_a_free_slot_waits_for_one(tmp_path: Path) -> None:
    entered = threading.Event()

    def enter() -> None:
        with slots.slot(tmp_path, 1):
            entered.set()

    with slots.slot(tmp_path, 1):
        other = threading.Thread(target=enter)
        other.start()
        assert not entered.wait(0.7)
    assert entered.wait(5)
    other.join()


def test_two_slots_can_be_used_at_the_same_time(tmp_path: Path) -> None:
    with slots.slot(tmp_path, 2), slots.slot(tmp_path, 2):
        assert len(list(tmp_path.glob("slot-*.lock"))) == 2


def test_a_slot_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), slots.slot(tmp_path, 1):
        raise RuntimeError
    with slots.slot(tmp_path, 1):
        pass
