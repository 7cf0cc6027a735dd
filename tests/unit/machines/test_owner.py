"""The owner of a machine is a process, distinguished from a later process with the same id."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from upgradeproof.machines import owner


def test_this_process_is_an_owner_and_alive() -> None:
    assert owner.mine().split(":")[1] == str(os.getpid())
    assert owner.is_alive(owner.mine())


@pytest.mark.parametrize("text", ["", "x", "a:b", "a:b:c", "::", "a:1:2:3", "a:../self:3"])
def test_a_text_that_names_no_process_is_not_alive(text: str) -> None:
    assert not owner.is_alive(text)


def test_a_process_of_another_boot_is_not_alive() -> None:
    _, pid, started = owner.mine().split(":")
    assert not owner.is_alive(f"another-boot:{pid}:{started}")


def test_a_later_process_with_the_same_id_is_another_owner() -> None:
    boot, pid, started = owner.mine().split(":")
    assert not owner.is_alive(f"{boot}:{pid}:{int(started) - 1}")


def test_a_zombie_is_not_alive() -> None:
    ended = subprocess.Popen(["sh", "-c", "exit"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    boot, _, _ = owner.mine().split(":")
    stat = Path(f"/proc/{ended.pid}/stat").read_text(encoding="utf-8")
    started = stat.rpartition(")")[2].split()[19]
    assert not owner.is_alive(f"{boot}:{ended.pid}:{started}")
    ended.wait()
