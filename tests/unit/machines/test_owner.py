"""Who owns a machine: a process, told apart from a later one of the same id."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from upgradeproof.machines import owner


def test_this_process_owns_and_lives() -> None:
    assert owner.mine().split(":")[1] == str(os.getpid())
    assert owner.is_alive(owner.mine())


@pytest.mark.parametrize("who", ["", "x", "a:b", "a:b:c", "::", "a:1:2:3", "a:../self:3"])
def test_what_names_no_process_is_not_alive(who: str) -> None:
    assert not owner.is_alive(who)


def test_a_process_of_another_boot_is_not_alive() -> None:
    _, pid, started = owner.mine().split(":")
    assert not owner.is_alive(f"another-boot:{pid}:{started}")


def test_a_later_process_of_the_same_id_is_another() -> None:
    boot, pid, started = owner.mine().split(":")
    assert not owner.is_alive(f"{boot}:{pid}:{int(started) - 1}")


def test_an_ended_process_is_not_alive_though_nobody_has_reaped_it() -> None:
    ended = subprocess.Popen(["sh", "-c", "exit"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    boot, _, _ = owner.mine().split(":")
    stat = Path(f"/proc/{ended.pid}/stat").read_text(encoding="utf-8")
    started = stat.rpartition(")")[2].split()[19]
    assert not owner.is_alive(f"{boot}:{ended.pid}:{started}")
    ended.wait()
