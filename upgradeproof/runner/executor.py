"""Run the steps of a product on a machine, each with its transcript and its events."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import assert_never

from upgradeproof.command import Completed
from upgradeproof.errors import (
    CommandTimeoutError,
    EnvironmentFailedError,
    StepError,
    StepTimeoutError,
)
from upgradeproof.machines import Machine
from upgradeproof.plan.steps import Action, Reboot, Script, Upload, UploadTree
from upgradeproof.results.journal import StepFinished, StepStarted
from upgradeproof.runner.readiness import patience_s
from upgradeproof.runner.recorder import Recorder
from upgradeproof.step_failure import decisive_lines, failed_units, lost_archive, untrusted
from upgradeproof.tree_archive import unpacking

Record = Callable[[StepStarted | StepFinished], None]
"""Takes the events of steps: writes them to a journal, and may remember them."""


class StepExecutor:
    """Run the steps of one cell's transition to a state, each with its transcript."""

    def __init__(
        self, recorder: Recorder, state: str, *, record: Record | None = None, done: int = 0
    ) -> None:
        """Know where transcripts and events go; ``done`` steps were carried out before."""
        self._state = state
        self._recorder = recorder
        self._record: Record = record or recorder.note
        self._count = done

    def run(self, machine: Machine, actions: Sequence[Action]) -> None:
        """Carry out the actions in order.

        Raises StepError at the first that fails, StepTimeoutError at one that does not end in its
        time, with the last lines of its output: where it hangs on a prompt, that is the prompt.
        Raises EnvironmentFailedError where what failed is not the product: an archive, for one.
        """
        for action in actions:
            match action:
                case Script():
                    self.script(machine, action)
                case Upload():
                    self._recorded(action.title, lambda *_, a=action: _upload(machine, a))
                case UploadTree():
                    script, archive = unpacking(action)
                    self.script(machine, script, stdin=archive)
                case Reboot():
                    self.reboot(machine, action)
                case never:
                    assert_never(never)

    def reboot(self, machine: Machine, action: Reboot) -> None:
        """Boot again, where the machine has a kernel of its own; elsewhere record the omission.

        Raises BootError when it does not come up.
        """
        if not machine.fidelity.own_kernel:
            title = f"{action.title}: left out, {machine.name} has no kernel of its own"
            self._recorded(title, lambda *_: _nothing(title))
            return

        def boot(on_output: Callable[[bytes], None]) -> Completed:
            started, seen = time.monotonic(), len(machine.logs())
            try:
                machine.reboot(timeout_s=patience_s(machine, action.timeout_s))
            finally:
                on_output(machine.logs()[seen:].encode())
            return _nothing(action.title, duration_s=time.monotonic() - started)

        self._recorded(action.title, boot)

    def script(self, machine: Machine, action: Script, *, stdin: bytes = b"") -> None:
        """Run one script under its time limit; ``stdin`` is what it reads."""
        limit_s = patience_s(machine, action.timeout_s)
        printed = bytearray()

        def run(on_output: Callable[[bytes], None]) -> Completed:
            def take(data: bytes) -> None:
                printed.extend(data)  # both streams, in the order in which they came
                on_output(data)

            return machine.run(action.script, timeout_s=limit_s, stdin=stdin, on_output=take)

        try:
            done = self._recorded(action.title, run)
        except CommandTimeoutError as error:
            if action.environment:
                raise _environment_failed(action, "in time", error.details) from None
            raise StepTimeoutError(
                f"the step {action.title!r} did not end in {limit_s:g} s and was ended",
                details=error.details,
                resolution="its last output is above: if it is a prompt, answer it in the plan",
            ) from None
        if not done.ok:
            raise _failure(machine, action, done, printed.decode("utf-8", "replace"))

    def _recorded(
        self, title: str, act: Callable[[Callable[[bytes], None]], Completed]
    ) -> Completed:
        """Do one thing, with its transcript and its two events in the journal."""
        self._count += 1
        path = self._recorder.path(self._state, f"{self._count:02d}-{title[:60]}.log")
        transcript_path = self._recorder.relative(path)
        self._record(
            StepStarted(
                cell=self._recorder.cell, state=self._state, title=title, transcript=transcript_path
            )
        )
        started = time.monotonic()
        status: int | None = None
        try:
            with self._recorder.transcript(path) as transcript:
                done = act(transcript.write)
            status = done.exit_status
            return done
        finally:
            self._record(
                StepFinished(
                    cell=self._recorder.cell,
                    state=self._state,
                    exit_status=status,
                    duration_s=time.monotonic() - started,
                )
            )


def _failure(
    machine: Machine, action: Script, done: Completed, output: str
) -> StepError | EnvironmentFailedError:
    """Return the error of a script that failed, by whose fault it is."""
    decisive = decisive_lines(output)
    if action.environment and (action.signed_by_us or not untrusted(output)):
        return _environment_failed(action, f"(exit status {done.exit_status})", decisive)
    if lost := lost_archive(output):
        return EnvironmentFailedError(
            f"the step {action.title!r} lost its archive: nothing is known of the product",
            details=lost,
            resolution="check that the machine can reach its archive, and run again",
        )
    return StepError(
        f"the step {action.title!r} failed with exit status {done.exit_status}",
        details="\n".join(filter(None, (decisive, failed_units(machine)))),
        resolution="the whole output is in the step's transcript",
    )


def _environment_failed(action: Script, how: str, details: str) -> EnvironmentFailedError:
    return EnvironmentFailedError(
        f"could not {action.title} {how}: nothing is known of the product",
        details=details,
        resolution=action.environment,
    )


def _upload(machine: Machine, upload: Upload) -> Completed:
    started = time.monotonic()
    content = upload.source.read_bytes()
    machine.put(content, upload.path, mode=upload.mode, owner=upload.owner)
    return _nothing(upload.title, duration_s=time.monotonic() - started)


def _nothing(title: str, duration_s: float = 0.0) -> Completed:
    """Return what a step did that has no output of its own."""
    return Completed(command=title, exit_status=0, stdout=b"", stderr=b"", duration_s=duration_s)
