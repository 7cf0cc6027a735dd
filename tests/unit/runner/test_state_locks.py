"""The locks of cached states: no state is removed while a process uses it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from upgradeproof.runner.storage import HeldStates, StateLocks


def test_a_state_is_locked_once_even_if_it_is_reached_several_times(tmp_path: Path) -> None:
    held = HeldStates(StateLocks(tmp_path))
    held.hold("a")
    held.hold("a")
    held.close()
    assert StateLocks(tmp_path).remove("a", lambda: True)


def test_a_state_is_not_removed_while_it_is_used_by_any_process(tmp_path: Path) -> None:
    locks, counted = StateLocks(tmp_path), threading.Lock()
    users: list[int] = []
    removed: list[int] = []

    def use() -> None:
        for index in range(2000):
            with locks.using("a"):
                with counted:
                    users.append(index)
                time.sleep(0)
                with counted:
                    users.remove(index)

    def removal() -> bool:
        removed.append(len(users))
        return True

    def remove(stop: threading.Event) -> None:
        while not stop.is_set():
            locks.remove("a", removal)

    stop = threading.Event()
    removers = [threading.Thread(target=remove, args=(stop,)) for _ in range(2)]
    using = [threading.Thread(target=use) for _ in range(2)]
    for thread in (*removers, *using):
        thread.start()
    for thread in using:
        thread.join()
    stop.set()
    for thread in removers:
        thread.join()
    assert removed, "nothing was ever removed"
    assert not any(removed)
