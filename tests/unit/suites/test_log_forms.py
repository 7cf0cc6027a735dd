"""How the lines of a log begin, and which other beginning is reported."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

import suites.test_log_flow as suite
from tests.unit.suites.states import state
from upgradeproof.command import Completed
from upgradeproof.machines import Machine
from upgradeproof.plan import Log
from upgradeproof.runner import InUse, State
from upgradeproof.runner.log_forms import form, lines_written, other_form

ISO = "2026-12-01T00:10:15 set a"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (ISO, "YYYY-N-NTN:N:N"),
        ("2026-12-01 00:10:15,123 INFO x", "YYYY-N-N N:N:N,N"),
        ("01/12/26 12:10:15 AM set a", "N/N/N N:N:N AM"),
        ("Dec  1 00:10:15 host app: x", "Mon  N N:N:N"),
        ("[01/Dec/2026:00:10:15 +0000] GET", "[N/Mon/YYYY:N:N:N +N]"),
        ("01.12.2026 00:10:15 set a", "N.N.YYYY N:N:N"),
        ("Tue Dec  1 00:10:15 2026 set a", "Mon Mon  N N:N:N YYYY"),
        ("999:M 01 Dec 2026 00:10:15.123 * Ready", "N:"),
        ("2001:M 01 Dec 2026 00:10:15.123 * Ready", "N:"),
        ("[1998] Dec  1 00:10:15 x", "[N] Mon  N N:N:N"),
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
    assert not other_form(old, ('{"a": 1}',))
    assert other_form(frozenset({form(ISO)}), ('{"a": 1}',)) == "no time"
    assert not other_form(old, ("Dec  1 00:10:15 x", ISO))


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


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("set a\n", ISO, "no line of /var/log/a.log began with a time"),
        (ISO, "", "nothing was written to /var/log/a.log"),
    ],
)
def test_a_log_without_times_or_without_new_lines_proves_nothing(
    before: str, after: str, reason: str
) -> None:
    log = Log(path="/var/log/a.log", rotate="true", write="true")
    new = on(after)
    with pytest.raises(pytest.skip.Exception, match=reason):
        suite.test_lines_of_the_log_begin_as_before(on(before), new, InUse(new), log)


class Shell:
    """A machine that runs scripts on this host."""

    def run(self, script: str, **_: Any) -> Completed:
        done = subprocess.run(["sh", "-c", script], capture_output=True, check=False, timeout=20)
        return Completed(
            command="", exit_status=0, stdout=done.stdout, stderr=done.stderr, duration_s=0.0
        )


def test_a_script_that_exits_or_uses_the_same_names_does_not_hide_the_new_lines(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.log"
    path.write_text("old\n", encoding="utf-8")
    write = f"file=/other; before=99; printf '{ISO}\\033[0m\\n' >>{path}; exit 0"
    log = Log(path=str(path), rotate="true", write=write)
    lines = lines_written(cast("Machine", Shell()), log)
    assert lines == (f"{ISO}\N{REPLACEMENT CHARACTER}[0m",)
