"""The checks of commands and of data whose results differ after the upgrade."""

from __future__ import annotations

import pytest

from suites import test_commands, test_data
from tests.unit.suites.states import state
from upgradeproof.plan import Data, ExpectedCommand
from upgradeproof.probes import Facts
from upgradeproof.probes.command_results import CommandResult, CommandResults
from upgradeproof.probes.data import WrittenData
from upgradeproof.runner import State

COMMAND = ExpectedCommand(id="report", run="report --all")
DATA = Data(id="note", write="w", read="r", equals="hi")
RESULT = CommandResult(exit_status=0, stdout="one\ntwo\n", stderr=("took 3 s",))
CHANGE = {"facts": ["command_results/report/*", "data/note/*"], "reason": "another report"}


def state_with(result: CommandResult, name: str = "upgraded", **expect: object) -> State:
    sound = state(name=name, expect=expect)
    records = {CommandResults.section: {"report": result}, WrittenData.section: {"note": result}}
    facts = Facts(records)
    return State(name, sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


BEFORE = state_with(RESULT, "installed")


def changed(**fields: object) -> State:
    return state_with(RESULT.model_copy(update=fields))


def test_a_command_with_the_same_result_is_accepted() -> None:
    after = changed(stderr=("took 5 s",))
    test_commands.test_command_ends_as_before(BEFORE, after, COMMAND)
    test_commands.test_command_prints_what_it_printed(BEFORE, after, COMMAND)
    test_commands.test_command_prints_no_new_error(BEFORE, after, COMMAND)
    test_data.test_reading_data_prints_no_new_error(BEFORE, after, DATA)


def test_another_exit_status_is_reported_with_the_errors() -> None:
    after = changed(exit_status=127, stderr=("report: not found",))
    assert test_commands.ended(BEFORE, after, COMMAND) == (
        "report --all\nit ends with exit status 127, where it was 0 in installed\nreport: not found"
    )
    for check in (
        test_commands.test_command_ends_as_before,
        test_commands.test_command_ends_as_before_after_the_next_boot,
    ):
        with pytest.raises(AssertionError, match="exit status 127"):
            check(BEFORE, after, COMMAND)


def test_a_command_that_never_ends_is_reported() -> None:
    after = changed(exit_status=None, problem="it did not end in 30 s")
    assert test_commands.ended(BEFORE, after, COMMAND).splitlines()[1] == (
        "it did not end in 30 s, where it was 0 in installed"
    )


def test_another_output_is_reported_as_a_diff() -> None:
    after = changed(stdout="one\nthree\n")
    assert test_commands.printed(BEFORE, after, COMMAND).splitlines()[1:] == [
        "--- installed", "+++ upgraded", "@@ -1,3 +1,3 @@", " one", "-two", "+three",
    ]  # fmt: skip
    for check in (
        test_commands.test_command_prints_what_it_printed,
        test_commands.test_command_prints_what_it_printed_after_the_next_boot,
    ):
        with pytest.raises(AssertionError, match=r"\+three"):
            check(BEFORE, after, COMMAND)


def test_a_long_difference_is_truncated() -> None:
    after = changed(stdout="x\n" * 500)
    found = test_commands.printed(BEFORE, after, COMMAND).splitlines()
    assert len(found) == test_commands.LINES + 2
    assert found[-1].endswith("more lines")


def test_a_masked_output_must_contain_the_expected_text() -> None:
    after = changed(contained=False)
    command = COMMAND.model_copy(update={"contains": "total"})
    assert test_commands.printed(BEFORE, after, command).endswith("does not hold 'total'")


def test_new_errors_are_reported() -> None:
    after = changed(stderr=("took 4 s", "WARNING: a mismatch"))
    message = test_commands.complained(BEFORE, after, COMMAND)
    assert message.splitlines()[1:] == ["prints errors that are new:", "WARNING: a mismatch"]
    for check in (
        test_commands.test_command_prints_no_new_error,
        test_commands.test_command_prints_no_new_error_after_the_next_boot,
    ):
        with pytest.raises(AssertionError, match="a mismatch"):
            check(BEFORE, after, COMMAND)
    for reading in (
        test_data.test_reading_data_prints_no_new_error,
        test_data.test_reading_data_prints_no_new_error_after_the_next_boot,
    ):
        with pytest.raises(AssertionError, match="a mismatch"):
            reading(BEFORE, after, DATA)


def test_a_change_that_the_plan_names_is_accepted() -> None:
    other = CommandResult(exit_status=1, stdout="", stderr=("new",))
    after = state_with(other, change=[CHANGE])
    assert not test_commands.ended(BEFORE, after, COMMAND)
    assert not test_commands.printed(BEFORE, after, COMMAND)
    assert not test_commands.complained(BEFORE, after, COMMAND)
    assert not test_data.complained(BEFORE, after, DATA)
