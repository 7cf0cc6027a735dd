"""Run the commands whose results the plan compares, and read what they do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Self

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import CommandInput, ProbeInputs
from upgradeproof.probes.secrets import masked_text
from upgradeproof.probes.supervised import (
    MAXIMUM_OUTPUT_BYTES,
    Job,
    JobResult,
    results,
    supervise,
)

MASK = "(masked)"


class CommandResult(Record):
    """What a command did. All of it is volatile: a check compares it, no line of the diff."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {"exit_status", "stdout", "stderr", "contained", "problem"}
    )
    exit_status: int | None = None
    """None: there is a problem. 127 is the shell's for a command that it does not find."""
    stdout: str = ""
    """The first 64 KiB, masked."""
    stderr: tuple[str, ...] = ()
    """Its lines, masked; those that are masked as a whole are left out."""
    contained: bool = True
    """Whether the output contains the text that the plan requires."""
    problem: str = ""
    """Why there is no whole result: it did not end in its time, it printed too much..."""

    @classmethod
    def of(cls, result: JobResult, given: CommandInput) -> Self:
        """Return the record of a result, with the plan's masks on it."""
        too_long = f"it prints more than {MAXIMUM_OUTPUT_BYTES} bytes"
        stderr = _masked(result.stderr, given.mask).split("\n")
        return cls(
            exit_status=result.exit_status,
            stdout=_masked(result.stdout, given.mask),
            stderr=tuple(line.rstrip() for line in stderr if line.replace(MASK, "").strip()),
            contained=given.contains in result.stdout,
            problem=too_long if result.stdout_bytes > MAXIMUM_OUTPUT_BYTES else result.problem,
        )


class CommandResults(Probe[CommandResult]):
    """Run the plan's commands, one after the other; the key is the command's id."""

    section = "command_results"
    record: ClassVar[type[Record]] = CommandResult

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return supervise(jobs(inputs.runs))

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, CommandResult]:
        """Return what each command did."""
        return read_results(output, inputs.runs)


def jobs(inputs: Sequence[CommandInput]) -> tuple[Job, ...]:
    """Return the jobs that run the scripts of the plan's author."""
    return tuple(Job(script=i.script, user=i.user, timeout_s=i.timeout_s) for i in inputs)


def read_results(output: str, inputs: Sequence[CommandInput]) -> dict[str, CommandResult]:
    """Return what each script did, by its id."""
    done = results(output, jobs(inputs))
    return {i.id: CommandResult.of(result, i) for i, result in zip(inputs, done, strict=True)}


def _masked(text: str, patterns: Sequence[str]) -> str:
    for pattern in patterns:
        text = re.sub(pattern, MASK, text, flags=re.MULTILINE)
    return masked_text(text)
