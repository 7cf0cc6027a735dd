"""The engine reports the size of each state, and removes none that a machine uses."""

from __future__ import annotations

from contextlib import suppress

import docker.errors

from tests.machines.starting import Start, output_of
from upgradeproof.machines import CachedSnapshot, engine
from upgradeproof.machines.docker import BACKEND

MEGABYTE = 1_000_000


def found(key: str) -> CachedSnapshot | None:
    return next((each for each in BACKEND.snapshots() if each.key == key), None)


def test_a_state_has_the_size_that_it_adds_and_is_removed_when_no_machine_uses_it(
    start: Start, token: str
) -> None:
    first, second = f"{token}-first", f"{token}-second"
    try:
        with start("storage") as machine:
            output_of(machine, "head -c 30000000 /dev/urandom >/srv/thirty")
            name = BACKEND.snapshot(machine, first, {})
        with start("storage-again", snapshot=name) as machine:
            output_of(machine, "head -c 5000000 /dev/urandom >/srv/five")
            BACKEND.snapshot(machine, second, {})
            below, above = found(first), found(second)
            assert below is not None
            assert above is not None
            assert 30 * MEGABYTE <= below.size_bytes < 60 * MEGABYTE
            assert 5 * MEGABYTE <= above.size_bytes < 30 * MEGABYTE
            assert (below.parent, above.parent) == ("", below.name)
            assert not BACKEND.forget(below), "a machine uses it"
        assert BACKEND.forget(above)
        assert BACKEND.forget(below)
        assert (found(first), found(second)) == (None, None)
        assert BACKEND.forget(below), "it is removed already: that is no error"
    finally:
        for key in (second, first):
            with suppress(docker.errors.ImageNotFound):
                engine.LOCAL.client().images.remove(f"upgradeproof/state:{key}", force=True)


def test_the_disk_of_the_engine_has_free_space() -> None:
    assert BACKEND.free_bytes() > 0
