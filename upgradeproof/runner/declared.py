"""What a plan declares must be true before the upgrade: otherwise it proves nothing afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.errors import NotReadyError
from upgradeproof.plan import Cell, ExpectedCommand
from upgradeproof.probes import Facts
from upgradeproof.probes.command_results import CommandResult, CommandResults

NOT_FOUND = (126, 127)
"""Exit statuses of the shell for a command that it can't run, or does not find."""


def prove_commands(cell: Cell, facts: Facts) -> None:
    """Raise NotReadyError unless every command of the plan did what the plan expects of it."""
    for command in cell.expect.command:
        wrong = "\n".join(_wrong(command, facts[CommandResults][command.id]))
        if wrong:
            raise NotReadyError(
                f"the command {command.id!r} does not have the plan's result before the upgrade",
                details=wrong,
                resolution="correct `run`, `contains` or `exit_status` in the plan",
            )


def _wrong(command: ExpectedCommand, found: CommandResult) -> Iterator[str]:
    if found.problem:
        yield found.problem
    elif command.exit_status is None and found.exit_status in NOT_FOUND:
        yield f"exit status {found.exit_status}: the shell can't run it"
        yield from found.stderr
    elif command.exit_status not in (None, found.exit_status):
        yield f"exit status {found.exit_status}, where {command.exit_status} is expected"
        yield from found.stderr
    if not found.contained:
        yield f"its output does not hold {command.contains!r}: {found.stdout[:500]!r}"
