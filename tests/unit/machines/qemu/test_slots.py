"""No more cells run VMs at once than cores and memory carry."""

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


def test_who_finds_no_seat_waits_for_one(tmp_path: Path) -> None:
    sits = threading.Event()

    def come() -> None:
        with slots.slot(tmp_path, 1):
            sits.set()

    with slots.slot(tmp_path, 1):
        other = threading.Thread(target=come)
        other.start()
        assert not sits.wait(0.7)
    assert sits.wait(5)
    other.join()


def test_two_slots_are_for_two(tmp_path: Path) -> None:
    with slots.slot(tmp_path, 2), slots.slot(tmp_path, 2):
        assert len(list(tmp_path.glob("slot-*.lock"))) == 2


def test_a_seat_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), slots.slot(tmp_path, 1):
        raise RuntimeError
    with slots.slot(tmp_path, 1):
        pass
