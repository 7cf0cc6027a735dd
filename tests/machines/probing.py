"""Change a real machine for a test of its probes, and undo the change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from upgradeproof.machines import Machine
from upgradeproof.probes import Facts, ProbeInputs, read

NOTHING = ProbeInputs()


def run(machine: Machine, script: str) -> str:
    done = machine.run(script)
    assert done.ok, done.tail
    return done.text


@contextmanager
def changed(machine: Machine, do: str, undo: str) -> Iterator[Facts]:
    """Change the machine, yield its facts, and undo the change."""
    try:
        run(machine, f"set -e\n{do}")
        yield read(machine, NOTHING)
    finally:
        run(machine, undo)
