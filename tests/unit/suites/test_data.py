"""The check of a write that does nothing."""

from __future__ import annotations

import pytest

from suites import test_data
from tests.unit.suites.states import state
from upgradeproof.plan import Data
from upgradeproof.probes import Facts
from upgradeproof.probes.command_results import CommandResult
from upgradeproof.probes.data import RewrittenData
from upgradeproof.runner import State

NOTE = Data(id="note", write="echo hi >note", read="cat note", equals="hi")


def read(stdout: str, *stderr: str) -> State:
    sound = state()
    found = {
        "note": CommandResult(exit_status=0, stdout=stdout),
        "note/write": CommandResult(exit_status=0, stderr=stderr),
    }
    facts = Facts({RewrittenData.section: found})
    return State("any", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def test_another_value_that_is_read_again_is_accepted() -> None:
    test_data.test_another_value_is_written_and_read(read("hii\n"), read("hii\n"), NOTE)


def test_a_write_that_does_nothing_fails() -> None:
    with pytest.raises(AssertionError, match="'hii' was written to note, 'hi' is read\n  disk"):
        test_data.test_another_value_is_written_and_read(
            read("hii\n"), read("hi\n", "disk full"), NOTE
        )


def test_a_value_that_the_old_release_does_not_store_proves_nothing() -> None:
    with pytest.raises(pytest.skip.Exception, match="does not give back another value of note"):
        test_data.test_another_value_is_written_and_read(read("hi\n"), read("hi\n"), NOTE)


def test_without_another_value_the_author_must_specify_one() -> None:
    fixed = NOTE.model_copy(update={"write": "fill"})
    with pytest.raises(pytest.skip.Exception, match=r"use \$UPGRADEPROOF_VALUE in it"):
        test_data.test_another_value_is_written_and_read(read("hi\n"), read("hi\n"), fixed)
