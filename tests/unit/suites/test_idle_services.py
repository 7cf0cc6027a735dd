"""The check of what an idle service needs."""

from __future__ import annotations

import pytest

from suites.test_idle_services import test_no_idle_service_needs_many_times_as_much as check
from tests.unit.suites.test_whole_machine import state_with
from upgradeproof.probes.endurance import Endurance, Stay
from upgradeproof.runner import State

USUAL = {"memory_kib": 20_000, "open_files": 20, "threads": 2, "watched_s": 20}


def idle(*known: str, **uses: int) -> State:
    stay = Stay(active="active", sub="running", **{**USUAL, **uses})
    return state_with(Endurance, {"web.service": stay}, *known)


@pytest.mark.parametrize(
    ("uses", "sentence"),
    [
        ({"memory_kib": 300_000}, "needs 300000 KiB of memory while no client uses it, 20000 bef"),
        ({"open_files": 200}, "needs 200 open files while no client uses it, 20 before"),
        ({"threads": 150}, "needs 150 threads while no client uses it, 2 before"),
        ({"opened_files": 40}, "opened 40 files in 20 s and did not close them"),
    ],
)
def test_a_service_that_needs_many_times_as_much_is_named(
    uses: dict[str, int], sentence: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        check(idle(), idle(**uses))
    assert str(caught.value).startswith(f"web.service {sentence}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (idle(), idle(memory_kib=140_000)),
        (idle(memory_kib=900_000), idle(memory_kib=1_500_000)),
        (idle(), idle(open_files=90)),
        (idle(), idle(opened_files=20)),
        (idle(opened_files=30), idle(opened_files=40)),
        (idle(), idle(threads=0, memory_kib=900_000)),
        (idle(), idle("endurance/web.service/memory_kib", memory_kib=900_000)),
    ],
)
def test_what_a_service_may_need(before: State, after: State) -> None:
    check(before, after)


def test_a_service_without_a_process_before_is_not_compared() -> None:
    with pytest.raises(pytest.skip.Exception):
        check(idle(threads=0), idle())
