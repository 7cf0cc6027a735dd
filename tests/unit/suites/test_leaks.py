"""A service that keeps a file or a thread for each request is named."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from suites.test_leaks import test_a_request_leaves_nothing_open as check
from tests.unit.suites.machines import LocalMachine, PrintingMachine
from tests.unit.suites.states import container, state
from upgradeproof.machines import Machine
from upgradeproof.runner import InUse, State
from upgradeproof.runner.leaks import Growth, growth_by_requests, leaked

WEB = {"id": "web", "kind": "http", "port": 80}
UNIT = "app.service"


def counting(files: int, threads: int) -> PrintingMachine:
    counts = f"growth\t{UNIT}\t9\t1\ngrowth\t{UNIT}\t{9 + files}\t{1 + threads}\n"
    return PrintingMachine(counts)


def on(machine: PrintingMachine) -> State:
    return container(machine, expect={"endpoint": [WEB], "services": ["app"]})


@pytest.mark.parametrize(
    ("growth", "words"),
    [((40, 0), "app has 40 files more after 40"), ((0, 39), "app has 39 threads more after 40")],
)
def test_what_is_left_for_each_request_is_named(growth: tuple[int, int], words: str) -> None:
    machine = counting(*growth)
    with pytest.raises(AssertionError, match=f"{words} requests that are over; 1 more before"):
        check(on(counting(1, 1)), on(machine), InUse(on(machine)))
    check(on(machine), on(machine), InUse(on(machine)))
    assert f"units={UNIT}\n" in machine.scripts[0]


def test_a_plan_without_a_web_endpoint_is_not_judged() -> None:
    with pytest.raises(pytest.skip.Exception, match="no endpoint over http"):
        check(container(), container(), InUse(container()))
    with pytest.raises(pytest.skip.Exception, match="another clone of a VM"):
        check(state(), state(), InUse(state()))


@pytest.mark.parametrize(
    ("before", "after", "is_leak"),
    [
        (Growth(0, 0), Growth(29, 29), False),
        (Growth(-3, 0), Growth(30, 0), True),
        (Growth(10, 0), Growth(39, 0), False),
        (Growth(9, 10), Growth(9, 40), True),
    ],
)
def test_a_pool_that_grows_is_no_leak(before: Growth, after: Growth, is_leak: bool) -> None:
    assert bool(leaked(before, after)) is is_leak


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Return a folder with one process of the unit, in place of /proc."""
    process = tmp_path / "proc/7"
    for name in ("fd", "task"):
        (process / name).mkdir(parents=True)
    (process / "cgroup").write_text(f"0::/system.slice/{UNIT}\n")
    (process / "task/7").touch()
    return tmp_path / "proc"


def test_the_files_of_the_unit_are_counted_before_and_after(proc: Path) -> None:
    machine = cast("Machine", LocalMachine(**{"/proc/[0-9]": f"{proc}/[0-9]"}))
    script = f"mktemp {proc}/7/fd/XXXXXX"
    assert growth_by_requests(machine, [UNIT], [script]) == {UNIT: Growth(40, 0)}
    assert growth_by_requests(machine, [UNIT], ["exit 1"]) == {UNIT: Growth(0, 0)}
