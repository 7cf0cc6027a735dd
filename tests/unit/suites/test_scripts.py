"""The checks of scripts with another exit status, new errors, or missing output files."""

from __future__ import annotations

import pytest

from suites import test_scripts
from tests.unit.suites.states import state
from upgradeproof.probes import Facts
from upgradeproof.probes.script_runs import ScriptRun, ScriptRuns
from upgradeproof.runner import State

RUN = ScriptRun(
    exit_status=0,
    stdout=("3 tables",),
    stderr=("done in 3 s",),
    written={"/backup/a.sql": 9, "/b": 0, "/dump": 4000, "/page": 18},
    texts={"/page": ("Hello Tom & Jerry", "of 2026-11-29")},
)
CHECKS = (
    test_scripts.test_scripts_end_as_before,
    test_scripts.test_scripts_print_no_new_error,
    test_scripts.test_scripts_still_write_their_files,
    test_scripts.test_scripts_print_and_write_the_same_text,
)


def state_with(*runs: ScriptRun) -> State:
    sound = state()
    facts = Facts(
        {ScriptRuns.section: dict.fromkeys(["/etc/cron.daily/care"], runs[0]) if runs else {}}
    )
    return State("rebooted", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def test_scripts_with_the_same_results_are_accepted() -> None:
    after = RUN.model_copy(
        update={
            "stdout": ("5 tables",),
            "stderr": ("done in 4 s",),
            "written": {**RUN.written, "/backup/a.sql": 1, "/dump": 2000},
            "texts": {"/page": ("Hello Tom & Jerry", "of 2026-11-30")},
        }
    )
    for check in CHECKS:
        check(state_with(RUN), state_with(after), "run")
        check(state_with(RUN), state_with(), "run")  # a removed script is a change of the diff


def test_a_machine_without_scripts_proves_nothing() -> None:
    for check in CHECKS:
        with pytest.raises(pytest.skip.Exception, match="no script or job of an administrator"):
            check(state_with(), state_with(), "run")


@pytest.mark.parametrize(
    ("check", "changed", "message"),
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
            {"written": {**RUN.written, "/backup/a.sql": 0}},
            "/etc/cron.daily/care wrote /backup/a.sql (9 bytes), and leaves it empty",
        ),
        (
            CHECKS[2],
            {"written": {**RUN.written, "/dump": 1999}},
            "/etc/cron.daily/care wrote /dump (4000 bytes), and now writes 1999 bytes",
        ),
        (
            CHECKS[3],
            {"texts": {"/page": ("Hello Tom NAME Jerry", "of 2026-11-29")}},
            "/etc/cron.daily/care writes other lines to /page:\n-Hello Tom & Jerry",
        ),
        (
            CHECKS[3],
            {"stdout": ()},
            "/etc/cron.daily/care prints other lines:\n-3 tables",
        ),
    ],
)
def test_a_different_result_of_a_script_is_reported(
    check: object, changed: dict[str, object], message: str
) -> None:
    assert callable(check)
    with pytest.raises(AssertionError) as caught:
        check(state_with(RUN), state_with(RUN.model_copy(update=changed)), "run")
    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert "\n".join(lines).startswith(message)
