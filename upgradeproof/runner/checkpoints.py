"""Checkpoints between two states: after an expensive step, a snapshot of the machine is saved.

After a change of a later step, or with a defect injected after it, only the steps after the
checkpoint run again. Backends that save a machine's memory in a second save checkpoints; a fresh
run uses none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from upgradeproof.errors import MachineError
from upgradeproof.files import write_atomically
from upgradeproof.machines import Backend, Machine
from upgradeproof.plan.steps import Action
from upgradeproof.results.base import Frozen
from upgradeproof.results.journal import StepFinished, StepStarted
from upgradeproof.runner.keys import TRANSITION_FILES, code, content_key, described
from upgradeproof.runner.recorder import Recorder

CHECKPOINT_AFTER_S = 60.0
"""What steps must have taken since the last checkpoint: a snapshot of a VM takes one or two seconds
and about half a gigabyte."""

log = logging.getLogger(__name__)


class Checkpoint(Frozen):
    """What is saved of a checkpoint with its snapshot."""

    done: int
    """How many of the actions have been run."""
    since: float
    """When the transition began, in seconds of the machine's clock."""
    steps: tuple[StepStarted | StepFinished, ...]
    transcripts: dict[str, str]


def checkpoint_key(
    parent: str, actions: Sequence[Action], definition: str, engine: str = ""
) -> str:
    """Return the key of the checkpoint after some actions that start at ``parent``.

    ``definition`` is that of the backend; ``engine`` is the hash of the code that runs the
    actions, by default of this one.
    """
    steps = [described(action) for action in actions]
    return content_key([engine or code(TRANSITION_FILES), definition, parent, steps])


def write_checkpoint(folder: Path, key: str, checkpoint: Checkpoint) -> None:
    """Save what is known of a checkpoint whose snapshot is saved under a key."""
    write_atomically(folder / f"{key}.json", checkpoint.model_dump_json())


@dataclass(frozen=True, kw_only=True)
class Checkpoints:
    """The checkpoints of the transition to one state."""

    folder: Path
    backend: Backend
    parent: str
    """The image, or the build of the state, that the transition starts from."""
    actions: Sequence[Action]
    definition: str
    """That of the backend."""
    recorder: Recorder
    checkpoint_after_s: float = CHECKPOINT_AFTER_S
    hold: Callable[[str], None] = lambda _: None
    """Protects what is saved under a key against its removal."""
    engine: str = field(default_factory=lambda: code(TRANSITION_FILES))
    """The hash of the code that runs the actions."""

    def find(self) -> tuple[Checkpoint, str] | None:
        """Return the last checkpoint of this transition that still exists, and its snapshot."""
        for done in range(len(self.actions), 0, -1):
            key = self.key(done)
            try:
                checkpoint = Checkpoint.model_validate_json(
                    (self.folder / f"{key}.json").read_bytes()
                )
            except (OSError, ValueError):
                continue
            self.hold(key)
            if snapshot := self.backend.find_snapshot(key):
                return checkpoint, snapshot
        return None

    def worth_it(self, done: int, machine: Machine, spent_s: float) -> bool:
        """Return whether to save one here: after something expensive, and before more actions."""
        more = done < len(self.actions)
        return more and machine.fidelity.own_kernel and spent_s >= self.checkpoint_after_s

    def save(
        self, done: int, machine: Machine, since: float, steps: Sequence[StepStarted | StepFinished]
    ) -> None:
        """Save a checkpoint; a failure to do so is logged, and the transition continues."""
        key = self.key(done)
        try:
            checkpoint = Checkpoint(
                done=done,
                since=since,
                steps=tuple(steps),
                transcripts=self.recorder.written(steps),
            )
            self.hold(key)
            self.backend.snapshot(machine, key, {"upgradeproof.state": "checkpoint"})
            write_checkpoint(self.folder, key, checkpoint)
        except (MachineError, OSError) as error:
            log.warning("%s: a checkpoint was not saved: %s", machine.name, error)

    def key(self, done: int) -> str:
        """Return the key of the checkpoint after so many actions."""
        return checkpoint_key(self.parent, self.actions[:done], self.definition, self.engine)
