"""A command without the plan's result before the upgrade proves nothing after it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.runner.world import cell
from upgradeproof.errors import NotReadyError
from upgradeproof.probes import Facts
from upgradeproof.probes.command_results import CommandResult, CommandResults
from upgradeproof.runner.declared import prove_commands


def refused(result: CommandResult, **keys: Any) -> str:
    on = cell(expect={"command": [{"id": "a", "run": "a", **keys}]})
    with pytest.raises(NotReadyError) as caught:
        prove_commands(on, Facts({CommandResults.section: {"a": result}}))
    return caught.value.details


def test_a_command_with_the_planned_result_is_ready() -> None:
    on = cell(expect={"command": [{"id": "a", "run": "a", "exit_status": 3}]})
    prove_commands(on, Facts({CommandResults.section: {"a": CommandResult(exit_status=3)}}))


@pytest.mark.parametrize(
    ("result", "keys", "problem"),
    [
        (
            CommandResult(exit_status=1, stderr=("no such file",)),
            {"exit_status": 0},
            "exit status 1, where 0 is expected\nno such file",
        ),
        (
            CommandResult(exit_status=127, stderr=("a: not found",)),
            {},
            "exit status 127: the shell can't run it\na: not found",
        ),
        (
            CommandResult(exit_status=0, stdout="x", contained=False),
            {"contains": "y"},
            "its output does not hold 'y': 'x'",
        ),
        (CommandResult(problem="it did not end in 30 s"), {}, "it did not end in 30 s"),
    ],
)
def test_another_result_before_the_upgrade_is_refused(
    result: CommandResult, keys: dict[str, Any], problem: str
) -> None:
    assert refused(result, **keys) == problem
