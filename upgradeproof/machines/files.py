"""Files on a machine, over its channel: the same for every kind of machine."""

from __future__ import annotations

import shlex

from upgradeproof.errors import MachineError
from upgradeproof.machines import Machine


def put(machine: Machine, content: bytes, path: str, mode: int, owner: str) -> None:
    """Write a file, beside its place first, so that it is never half. Raises MachineError."""
    target, part = shlex.quote(path), shlex.quote(f"{path}.part")
    done = machine.run(
        f'set -e; mkdir -p "$(dirname {target})"; umask 077; cat >{part};'
        f" chown {shlex.quote(owner)} {part}; chmod {mode:o} {part}; mv -f {part} {target}",
        stdin=content,
    )
    if not done.ok:
        raise MachineError(f"{path} could not be written on {machine.name}", details=done.tail)


def get(machine: Machine, path: str) -> bytes:
    """Return a file's bytes. Raises MachineError when it can't be read."""
    done = machine.run(f"cat {shlex.quote(path)}")
    if not done.ok:
        raise MachineError(f"{path} could not be read on {machine.name}", details=done.tail)
    return done.stdout
