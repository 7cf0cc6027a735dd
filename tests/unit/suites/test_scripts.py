"""What the suite says of scripts that end otherwise, complain, or write nothing any more."""

from __future__ import annotations

import pytest

from suites import test_scripts
from tests.unit.suites.states import state
from upgradeproof.probes import Facts
from upgradeproof.probes.script_runs import ScriptRun, ScriptRuns
from upgradeproof.runner import State

RUN = ScriptRun(exit_status=0, stderr=("done in 3 s",), written={"/backup/a.sql": 9, "/b": 0})
CHECKS = (
    test_scripts.test_scripts_end_as_before,
    test_scripts.test_scripts_print_no_new_error,
    test_scripts.test_scripts_still_write_their_files,
)


def standing(*runs: ScriptRun) -> State:
    sound = state()
    facts = Facts(
        {ScriptRuns.section: dict.fromkeys(["/etc/cron.daily/care"], runs[0]) if runs else {}}
    )
    return State("rebooted", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def test_scripts_that_do_what_they_did_are_accepted() -> None:
    after = RUN.model_copy(update={"stderr": ("done in 4 s",), "written": {"/backup/a.sql": 1}})
    for check in CHECKS:
        check(standing(RUN), standing(after), "run")
        check(standing(RUN), standing(), "run")  # one that is gone is a line of the diff


@pytest.mark.parametrize(
    ("check", "changed", "told"),
    [
        (
            CHECKS[0],
            {"exit_status": 1, "stderr": ("no tool",)},
            "/etc/cron.daily/care: exit status 1, where it was exit status 0\nno tool",
        ),
        (
            CHECKS[0],
            {"exit_status": None, "problem": "it did not end in 60 s"},
            "/etc/cron.daily/care: it did not end in 60 s, where it was exit status 0",
        ),
        (
            CHECKS[1],
            {"stderr": ("care: mysqlcheck: not found",)},
            "/etc/cron.daily/care prints errors that are new:\ncare: mysqlcheck: not found",
        ),
        (
            CHECKS[2],
            {"written": {}},
            "/etc/cron.daily/care wrote /backup/a.sql (9 bytes), and does not write it any more",
        ),
        (
            CHECKS[2],
            {"written": {"/backup/a.sql": 0}},
            "/etc/cron.daily/care wrote /backup/a.sql (9 bytes), and leaves it empty",
        ),
    ],
)
def test_what_a_script_does_otherwise_is_told(
    check: object, changed: dict[str, object], told: str
) -> None:
    assert callable(check)
    with pytest.raises(AssertionError) as caught:
        check(standing(RUN), standing(RUN.model_copy(update=changed)), "run")
    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert "\n".join(lines).startswith(told)
