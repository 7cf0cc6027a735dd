"""A service that no client uses needs no more of the machine than before, by an order."""

from __future__ import annotations

import pytest

from upgradeproof.probes.endurance import Endurance, Stay
from upgradeproof.runner import State

MORE = 4
"""Times: the memory of daemons grew at most by half from one release of Debian to the next."""
MIN_MORE = {"KiB of memory": 131_072, "open files": 100, "threads": 100}
"""How much more it has to be: a small number is many times another one by chance."""
OPENED_FILES = 32
"""In the time of the observation."""


def needs(before: Stay, after: Stay) -> str:
    """Return what a service needs many times of, or what it opens and does not close, or ""."""
    if not before.threads or not after.threads:
        return ""
    used = (
        ("KiB of memory", before.memory_kib, after.memory_kib),
        ("open files", before.open_files, after.open_files),
        ("threads", before.threads, after.threads),
    )
    for what, was, now in used:
        if now - was >= MIN_MORE[what] and now >= MORE * was:
            return f"needs {now} {what} while no client uses it, {was} before the upgrade"
    if after.opened_files >= OPENED_FILES and after.opened_files >= MORE * before.opened_files:
        return (
            f"opened {after.opened_files} files in {after.watched_s} s and did not close them,"
            f" while no client used it; {max(before.opened_files, 0)} before the upgrade"
        )
    return ""


@pytest.mark.follows("test_services::*_active*", "test_reboot::*_active*", "test_libraries::*")
def test_no_idle_service_needs_many_times_as_much(
    installed_rebooted: State, rebooted: State
) -> None:
    before, after = installed_rebooted[Endurance], rebooted[Endurance]
    if not any(stay.threads for stay in before.values()):
        pytest.skip("no service of the plan had a process before the upgrade")
    more = [
        f"{unit} {text}"
        for unit, stay in after.items()
        if unit in before
        and (text := needs(before[unit], stay))
        and not rebooted.reason_for(f"endurance/{unit}/memory_kib")
    ]
    assert not more, "\n".join(more)
