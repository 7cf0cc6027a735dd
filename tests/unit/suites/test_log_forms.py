"""How the lines of a log begin, and which other beginning is reported."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

import suites.test_log_flow as suite
from tests.unit.suites.states import state
from upgradeproof.command import Completed
from upgradeproof.machines import Machine
from upgradeproof.plan import Log
from upgradeproof.runner import InUse, State
from upgradeproof.runner.log_forms import form, other_form

ISO = "2026-12-01T00:10:15 set a"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (ISO, "YYYY-N-NTN:N:N"),
        ("2026-12-01 00:10:15,123 INFO x", "YYYY-N-N N:N:N,N"),
        ("01/12/26 12:10:15 AM set a", "N/N/N N:N:N AM"),
        ("Dec  1 00:10:15 host app: x", "Mon  N N:N:N"),
        ("[01/Dec/2026:00:10:15 +0000] GET", "[N/Mon/YYYY:N:N:N +YYYY]"),
        ("set a", ""),
        ('{"time": "2026-12-01"}', ""),
        ("Tuesday it rained", ""),
    ],
)
def test_the_time_of_a_line_has_a_form(line: str, expected: str) -> None:
    assert form(line) == expected


def test_another_form_is_reported_where_no_line_has_the_old_one() -> None:
    old = frozenset({form(ISO), ""})
    assert other_form(old, ("01/12/26 12:10:15 AM set a",)) == "N/N/N N:N:N AM"
    assert other_form(old, ('{"a": 1}',)) == ""
    assert other_form(frozenset({form(ISO)}), ('{"a": 1}',)) == "no time"
    assert not other_form(old, ("Dec  1 00:10:15 x", ISO))
    assert not other_form(old, ())
    assert not other_form(frozenset({""}), (ISO,))


class Printing:
    """A machine on which each script prints the same."""

    def __init__(self, text: str) -> None:
        self._text = text

    def run(self, _script: str, **_: Any) -> Completed:
        return Completed(
            command="", exit_status=0, stdout=self._text.encode(), stderr=b"", duration_s=0.0
        )


def on(text: str) -> State:
    machine = cast("Machine", Printing(text))
    return replace(state(), _machine=lambda: machine)


def test_the_first_new_line_is_in_the_message() -> None:
    log = Log(path="/var/log/a.log", rotate="true", write="true")
    old, new = on(f"{ISO}\n"), on("01/12/26 12:10:15 AM set a\n")
    with pytest.raises(AssertionError, match=r"begin with N/N/N N:N:N AM now:\s+01/12/26 12"):
        suite.test_lines_of_the_log_begin_as_before(old, new, InUse(new), log)
    suite.test_lines_of_the_log_begin_as_before(old, old, InUse(old), log)
