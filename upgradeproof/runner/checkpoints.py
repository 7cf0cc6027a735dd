"""Stops between two states: after a step that was dear, the machine is kept as it then is.

A change of a later step, or a defect planted behind, then costs only what comes after. Kept on
backends that keep a machine's memory in a second; a run that builds everything anew uses none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from upgradeproof.errors import MachineError
from upgradeproof.machines import Backend, Machine
from upgradeproof.plan.steps import Action
from upgradeproof.results.base import Frozen
from upgradeproof.results.journal import StepFinished, StepStarted
from upgradeproof.runner.recorder import Recorder
from upgradeproof.runner.store import WAY_FILES, code, content_key, described

CHECKPOINT_AFTER_S = 60.0
"""What a step must have taken since the last stop: a snapshot of a VM takes one or two
seconds and about half a gigabyte."""

log = logging.getLogger(__name__)


class Stop(Frozen):
    """What is known of a stop beside its snapshot."""

    done: int
    """How many of the actions lie behind."""
    since: float
    """When the way to the state began, in seconds of the machine's clock."""
    steps: tuple[StepStarted | StepFinished, ...]
    transcripts: dict[str, str]


def stop_key(parent: str, actions: Sequence[Action], engine: str = "") -> str:
    """Return the key of the stop after some actions on the way from ``parent``.

    ``engine``: the hash of the code that carries them out; empty: of this one.
    """
    steps = [described(action) for action in actions]
    return content_key([engine or code(WAY_FILES), parent, steps])


def write_stop(folder: Path, key: str, stop: Stop) -> None:
    """Write what is known of a stop whose snapshot is kept under a key."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{key}.json").write_text(stop.model_dump_json(), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Checkpoints:
    """The stops on the way to one state."""

    folder: Path
    backend: Backend
    parent: str
    """The image, or the build of the state, that the way begins at."""
    actions: Sequence[Action]
    recorder: Recorder
    checkpoint_after_s: float = CHECKPOINT_AFTER_S
    hold: Callable[[str], None] = lambda _: None
    """Holds what is kept under a key against its removal."""
    engine: str = field(default_factory=lambda: code(WAY_FILES))
    """The hash of the code that carries the actions out."""

    def find(self) -> tuple[Stop, str] | None:
        """Return the last stop on this very way that is still kept, and its snapshot."""
        for done in range(len(self.actions), 0, -1):
            key = self.key(done)
            try:
                stop = Stop.model_validate_json((self.folder / f"{key}.json").read_bytes())
            except (OSError, ValueError):
                continue
            self.hold(key)
            if snapshot := self.backend.find_snapshot(key):
                return stop, snapshot
        return None

    def worth_it(self, done: int, machine: Machine, spent_s: float) -> bool:
        """Tell whether to stop here: after something dear, and before more is to come."""
        more = done < len(self.actions)
        return more and machine.fidelity.own_kernel and spent_s >= self.checkpoint_after_s

    def keep(
        self, done: int, machine: Machine, since: float, steps: Sequence[StepStarted | StepFinished]
    ) -> None:
        """Keep a stop; what can't be kept is no harm to the way."""
        key = self.key(done)
        try:
            stop = Stop(
                done=done,
                since=since,
                steps=tuple(steps),
                transcripts=self.recorder.written(steps),
            )
            self.hold(key)
            self.backend.snapshot(machine, key, {"upgradeproof.state": "on the way"})
            write_stop(self.folder, key, stop)
        except (MachineError, OSError) as error:
            log.warning("%s: a stop on the way was not kept: %s", machine.name, error)

    def key(self, done: int) -> str:
        """Return the key of the stop after so many actions."""
        return stop_key(self.parent, self.actions[:done], self.engine)
