"""The administrator's commands do after the upgrade what they did before it."""

from difflib import unified_diff

import pytest

from upgradeproof.plan import ExpectedCommand
from upgradeproof.probes.command_results import CommandResult, CommandResults
from upgradeproof.probes.text import new_lines
from upgradeproof.runner import State

LINES = 60
"""Of a difference: the rest is in the evidence."""


def results(installed: State, state: State, command: ExpectedCommand) -> list[CommandResult]:
    return [found[CommandResults][command.id] for found in (installed, state)]


def expected(state: State, command: ExpectedCommand, field: str) -> bool:
    """Return whether the plan names this change of a command's result, with a reason."""
    return bool(state.reason_for(f"{CommandResults.section}/{command.id}/{field}"))


def ended(installed: State, state: State, command: ExpectedCommand) -> str:
    """Return how the end of a command differs, or "", with the errors that it printed."""
    before, after = results(installed, state, command)
    same = after.exit_status == before.exit_status and not after.problem
    if same or expected(state, command, "exit_status"):
        return ""
    how = after.problem or f"it ends with exit status {after.exit_status}"
    was = f"{command.run}\n{how}, where it was {before.exit_status} in {installed.name}"
    return "\n".join([was, *after.stderr[-LINES:]])


def printed(installed: State, state: State, command: ExpectedCommand) -> str:
    """Return how the output of a command differs, or ""."""
    before, after = results(installed, state, command)
    names = (installed.name, state.name)
    found = unified_diff(before.stdout.split("\n"), after.stdout.split("\n"), *names, lineterm="")
    lines = [line.rstrip() for line in found]
    more = [f"... {len(lines) - LINES} more lines"] if len(lines) > LINES else []
    if expected(state, command, "stdout"):
        return ""
    if not lines and not after.contained:
        lines = [f"the output does not hold {command.contains!r}"]
    return "\n".join([command.run, *lines[:LINES], *more]) if lines else ""


def complained(installed: State, state: State, command: ExpectedCommand) -> str:
    """Return the errors that a command did not print before, or ""."""
    before, after = results(installed, state, command)
    new = new_lines(before.stderr, after.stderr)
    if expected(state, command, "stderr"):
        return ""
    return "\n".join([f"{command.run}\nprints errors that are new:", *new[-LINES:]]) if new else ""


@pytest.mark.subject("command")
def test_command_ends_as_before(
    installed: State, upgraded: State, command: ExpectedCommand
) -> None:
    difference = ended(installed, upgraded, command)
    assert not difference, difference


@pytest.mark.subject("command")
def test_command_prints_what_it_printed(
    installed: State, upgraded: State, command: ExpectedCommand
) -> None:
    difference = printed(installed, upgraded, command)
    assert not difference, difference


@pytest.mark.subject("command")
def test_command_prints_no_new_error(
    installed: State, upgraded: State, command: ExpectedCommand
) -> None:
    difference = complained(installed, upgraded, command)
    assert not difference, difference


@pytest.mark.subject("command")
def test_command_ends_as_before_after_the_next_boot(
    installed: State, rebooted: State, command: ExpectedCommand
) -> None:
    difference = ended(installed, rebooted, command)
    assert not difference, difference


@pytest.mark.subject("command")
def test_command_prints_what_it_printed_after_the_next_boot(
    installed: State, rebooted: State, command: ExpectedCommand
) -> None:
    difference = printed(installed, rebooted, command)
    assert not difference, difference


@pytest.mark.subject("command")
def test_command_prints_no_new_error_after_the_next_boot(
    installed: State, rebooted: State, command: ExpectedCommand
) -> None:
    difference = complained(installed, rebooted, command)
    assert not difference, difference
