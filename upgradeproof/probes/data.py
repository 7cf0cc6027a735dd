"""Read the plan's data through the product; write another value on clones, and read that."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.command_results import CommandResult, jobs, read_results
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.supervised import supervise


class WrittenData(Probe[CommandResult]):
    """Run each ``read`` of the plan's data; the key is the data's id."""

    section = "data"
    record: ClassVar[type[Record]] = CommandResult

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return supervise(jobs(inputs.reads))

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, CommandResult]:
        """Return what each reading printed."""
        return read_results(output, inputs.reads)


class RewrittenData(Probe[CommandResult]):
    """Write another value of each of the plan's data and read it; the key is the data's id.

    Only clones are written to. The key ``id/write`` has the result of the write.
    """

    section = "rewritten_data"
    record: ClassVar[type[Record]] = CommandResult
    intrusive = True

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return supervise(jobs(inputs.rewrites))

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, CommandResult]:
        """Return what each writing and each reading did."""
        return read_results(output, inputs.rewrites)
