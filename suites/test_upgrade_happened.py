"""The upgrade happened: the engine proves it before any check, and these checks report it."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

import pytest

from upgradeproof.plan import Port
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.stale import Stale
from upgradeproof.runner import State


def test_something_changed(upgraded: State) -> None:
    assert upgraded.changes, "the facts before and after are the same: nothing was upgraded"


@pytest.mark.subject("old_package")
def test_package_is_of_the_old_release_before(installed: State, old_package: str) -> None:
    expected = installed.cell.old.packages[old_package]
    found = installed[Packages][old_package].version
    assert fnmatchcase(found, expected), f"{old_package} is {found}, not {expected}"


@pytest.mark.subject("package")
def test_package_is_of_the_new_release_after(upgraded: State, package: str) -> None:
    expected = upgraded.cell.new.packages[package]
    found = upgraded[Packages][package].version
    assert fnmatchcase(found, expected), f"{package} is {found} after the upgrade, not {expected}"


@pytest.mark.subject("service")
def test_service_runs_the_binary_on_the_disk(upgraded: State, service: str) -> None:
    """Its parts and instances count: a wrapper unit has no process of its own."""
    running = still_running(upgraded, upgraded.units(service))
    assert not running, "\n".join(running)


@pytest.mark.subject("open_port")
def test_port_is_served_by_the_binary_on_the_disk(upgraded: State, open_port: Port) -> None:
    """Whatever unit holds the port, named by the plan or not."""
    sockets = upgraded.listening(open_port.protocol, open_port.after)
    running = still_running(upgraded, [socket.unit for socket in sockets if socket.unit])
    assert not running, "\n".join(running)


def still_running(state: State, units: Iterable[str]) -> list[str]:
    """Return the units that still run what is not on the disk any more, each with what it is."""
    return [
        f"{unit} was not restarted: it still runs the old {named(state[Stale][unit].old)}"
        for unit in sorted(set(units))
        if unit in state[Stale] and not state.reason_for(f"stale/{unit}")
    ]


def named(files: Sequence[str], limit: int = 5) -> str:
    """Return the first names of a list, and how many there are besides."""
    more = f" and {len(files) - limit} more files" if files[limit:] else ""
    return ", ".join(files[:limit]) + more
