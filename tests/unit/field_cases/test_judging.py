"""A case is caught only by a message that names its cause; other failures are unrelated."""

import pytest

from tests.unit.defects.runs import BROKEN, FAILED, PASSED, cell, check, state
from upgradeproof.field_cases.catalogue import Case
from upgradeproof.field_cases.judging import detected_by, not_reproduced, red
from upgradeproof.results import Change

DATA = "test_data::test_data_written_before_is_read_after[note]"
CASE = Case.model_validate(
    {
        "case": "C1",
        "title": "t",
        "kind": "k",
        "source": ["s"],
        "environment": "ctr",
        "twin": "good",
        "detected_by": [{"checks": ["test_data::*"], "message_contains": ["Note", "gone"]}],
    }
)


def test_a_message_with_the_words_catches_the_case_and_its_line_is_quoted() -> None:
    found = detected_by(CASE, cell(check(DATA, reason="assert not lost\n  the note is GONE\nmore")))
    assert [(each.id, each.error) for each in found] == [(DATA, "the note is GONE")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [(DATA, "the note is there"), ("test_services::test_up", "the note is gone")],
    ids=["other words", "another check"],
)
def test_another_failure_does_not_catch_the_case(name: str, reason: str) -> None:
    found = cell(check(name, reason=reason))
    assert detected_by(CASE, found) == ()
    assert [each.id for each in red(found)] == [name]


@pytest.mark.parametrize("verdict", [PASSED, BROKEN])
def test_only_a_failed_check_catches_the_case(verdict: object) -> None:
    found = cell(check(DATA, verdict, "the note is gone"))  # type: ignore[arg-type]
    assert detected_by(CASE, found) == ()


def test_the_reason_of_a_state_that_was_not_reached_catches_the_case() -> None:
    case = CASE.model_copy(
        update={"detected_by": (CASE.detected_by[0].model_copy(update={"checks": ("state *",)}),)}
    )
    found = detected_by(case, cell(state("upgraded", FAILED, "dpkg failed\nthe note is gone")))
    assert [each.id for each in found] == ["state upgraded"]


def test_a_fault_that_does_not_show_is_reported_and_catches_nothing() -> None:
    name = "test_fault_shows::test_fault_shows_after_the_upgrade"
    found = cell(check(name, reason="the fault of this case is gone"))
    assert (
        not_reproduced(found)
        == "test_fault_shows_after_the_upgrade: the fault of this case is gone"
    )
    assert red(found) == ()


def test_a_fault_that_shows_is_no_problem() -> None:
    assert not_reproduced(cell(check("test_fault_shows::test_fault_shows", PASSED))) == ""


def test_a_fault_in_a_state_that_was_not_reached_is_no_problem() -> None:
    name = "test_fault_shows::test_fault_shows_after_the_upgrade"
    assert not_reproduced(cell(check(name, reason="upgraded was not reached"))) == ""


def test_a_change_that_a_summary_leaves_out_catches_the_case() -> None:
    name = "test_unexplained_changes::test_every_change_is_expected"
    case = CASE.model_copy(
        update={"detected_by": (CASE.detected_by[0].model_copy(update={"checks": ("*",)}),)}
    )
    line = Change(path="files//srv/note", before="there", after="gone", expected=False)
    reached = state("upgraded", PASSED, "").model_copy(update={"changes": (line,)})
    summary = check(name, reason="200 changes").model_copy(update={"states": ("upgraded",)})
    found = detected_by(case, cell(reached, summary))
    assert [(each.id, each.error) for each in found] == [(name, "files//srv/note: there -> gone")]
