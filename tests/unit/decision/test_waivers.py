"""Waivers: what they cover, when they end, and each error in one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.decision.runs import (
    CELL,
    OTHER,
    POLICY,
    WAIVERS,
    cell,
    check,
    decided,
    failed,
    policy,
    reasons,
    run,
    waiver,
)
from upgradeproof.decision.policy import Outcome, load_policy
from upgradeproof.decision.waivers import load_waivers
from upgradeproof.errors import PlanError
from upgradeproof.results import Run, Verdict

FAILING = run(cell(check("packages::new"), failed()))


def test_a_covered_check_is_still_failed() -> None:
    decision = decided(FAILING, None, waiver())
    assert (decision.outcome, decision.result) == (Outcome.GO, "passed_with_waivers")
    assert decision.reasons == ()
    (judged,) = decision.cells
    assert (judged.verdict, judged.waived) == (Verdict.FAILED, 1)
    (accepted,) = decision.waived
    assert (accepted.check, accepted.owner, accepted.days_left) == ("ports::open", "ada", 29)


def test_brackets_in_an_id_are_literal() -> None:
    made = run(cell(check("a"), failed("ports::open[9100]")))
    assert decided(made, None, waiver(checks=("ports::open[9100]",))).outcome is Outcome.GO


def test_more_waivers_than_the_policy_allows_are_no_go() -> None:
    made = run(cell(check("a"), failed(), failed("units::up", "x.service failed")))
    second = waiver(id="W-2", checks=("units::*",), finding="x.service")
    assert reasons(decided(made, None, waiver(), second)) == [
        "no_go max_waivers: 2 waivers are in use, and 1 are allowed"
    ]


def test_a_waiver_for_a_check_that_was_not_selected_is_no_error() -> None:
    part = run(cell(check("a")).model_copy(update={"checks_declared": 2}))
    assert not any("waiver" in reason for reason in reasons(decided(part, None, waiver())))


@pytest.mark.parametrize(
    ("made", "more", "reason"),
    [
        (
            FAILING,
            {"cells": ("ubuntu-*",)},
            "no_go waiver: waiver W-1: no cell of the run fits it",
        ),
        (
            FAILING,
            {"checks": ("porst::*",)},
            "no_go waiver: waiver W-1: no check of its cells fits it",
        ),
        (
            FAILING,
            {"finding": "tcp:9101"},
            (
                "no_go waiver: waiver W-1: ports::open failed, but its reason does not contain the "
                "finding 'tcp:9101'"
            ),
        ),
        (run(), {}, "no_go waiver: waiver W-1: its check passes"),
        (
            run(cell(check("a"), check("ports::open", Verdict.NOT_APPLICABLE))),
            {},
            "no_go waiver: waiver W-1: its check is not applicable",
        ),
        (
            FAILING,
            {"checks": ("p*",)},
            (
                f"no_go waiver: waiver W-1: it covers every check of {CELL}; a waiver never covers "
                "a whole cell"
            ),
        ),
        (
            FAILING,
            {"until_release": "2"},
            "no_go waiver: waiver W-1: it ends with release 2, which this run upgrades to",
        ),
        (
            FAILING,
            {"granted": "2026-01-03"},
            (
                "no_go waiver: waiver W-1: granted on 2026-01-03, which is after the time of the "
                "decision"
            ),
        ),
    ],
)
def test_each_wrong_waiver_is_a_reason(made: Run, more: dict[str, Any], reason: str) -> None:
    assert reason in reasons(decided(made, None, waiver(**more)))


def test_waivers_never_cover_a_whole_cell_together() -> None:
    made = run(cell(failed(), failed("units::up", "x.service failed")))
    second = waiver(id="W-2", checks=("units::*",), finding="x.service")
    decision = decided(made, policy(max_waivers=2), waiver(), second)
    assert decision.waived == ()
    assert [each.rule for each in decision.reasons] == ["failed", "failed", "waiver", "waiver"]


def test_a_cell_needs_a_check_that_passed() -> None:
    made = run(cell(failed(), check("b", Verdict.NOT_APPLICABLE, "a container")))
    assert reasons(decided(made, None, waiver())) == [
        f"cannot_tell nothing_proven: {CELL}: no check of the cell passed"
    ]


@pytest.mark.parametrize("verdict", [Verdict.BROKEN, Verdict.NEVER_RAN])
def test_a_waiver_never_covers_a_check_that_broke_or_never_ran(verdict: Verdict) -> None:
    made = run(cell(check("a"), check("ports::open", verdict, "tcp:9100")))
    decision = decided(made, None, waiver())
    assert decision.outcome is not Outcome.GO
    assert decision.waived == ()


def test_a_waiver_for_cells_that_were_not_selected_is_no_error() -> None:
    made = run(cell(check("a")), cell(name=OTHER, selected=False))
    assert decided(made, None, waiver(cells=(OTHER,))).outcome is Outcome.GO


def test_a_waiver_is_valid_until_the_end_of_its_last_day_utc() -> None:
    last = datetime(2026, 1, 10, 23, 59, 59, tzinfo=UTC)
    short = waiver(expires="2026-01-10")
    assert decided(FAILING, None, short, at=last).outcome is Outcome.GO
    after = datetime(2026, 1, 11, tzinfo=UTC)
    assert reasons(decided(FAILING, None, short, at=after)) == [
        f"no_go failed: {CELL} ports::open: tcp:9100 is not open any more",
        "note waiver: waiver W-1: expired on 2026-01-10; its owner is ada",
    ]


def test_a_waiver_that_ends_soon_is_a_note() -> None:
    decision = decided(FAILING, None, waiver(expires="2026-01-16"))
    assert decision.outcome is Outcome.GO
    assert reasons(decision) == [
        "note waiver: waiver W-1: expires on 2026-01-16, in 14 days; its owner is ada"
    ]


def test_a_waiver_is_valid_before_its_release() -> None:
    assert decided(FAILING, None, waiver(until_release="10")).outcome is Outcome.GO


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("ticket =", "tiket =", "8: unknown key 'waiver.0.tiket'; did you mean 'ticket'?"),
        (
            "2026-01-31",
            '"01-31"',
            (
                "10: waiver.0.expires: '01-31' is no date: write year, month and day, such as "
                "2026-05-31"
            ),
        ),
        (
            "2026-01-31",
            "2026-04-02",
            "10: waiver.0.expires: a waiver holds for 90 days at most: until 2026-04-01 here",
        ),
        (
            "2026-01-31",
            "2025-12-31",
            "10: waiver.0.expires: the waiver ends before it was granted",
        ),
        (
            "the exporter moves in the next release",
            "later  ",
            "7: waiver.0.reason: write a reason of 8 characters at least",
        ),
        (
            '"tcp:9100"',
            '" : "',
            "5: waiver.0.finding: write 4 characters at least of the reason",
        ),
        ("ports::*", "*", "4: waiver.0.checks.0: '*' covers a whole cell; name the check"),
        (
            '"ada"',
            '"adaa"',
            "6: waiver.0.owner: unknown owner 'adaa'; did you mean 'ada'?",
        ),
        (
            "[[waiver]]",
            WAIVERS + "[[waiver]]",
            "12: waiver.1.id: 'W-1' is listed twice",
        ),
    ],
)
def test_a_wrong_file_is_one_clear_error_with_its_line(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    (tmp_path / "policy.toml").write_text(POLICY)
    path = tmp_path / "waivers.toml"
    path.write_text(WAIVERS.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PlanError) as error:
        load_waivers(path, load_policy(tmp_path / "policy.toml"))
    assert error.value.brief == f"{path} is not a valid file of waivers"
    assert f"{path}:{problem}" in error.value.details.splitlines()


def test_the_error_of_a_date_without_a_year_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(WAIVERS.replace("2026-01-31", "01-31"))
    with pytest.raises(PlanError, match=r"is not TOML.*line 10"):
        load_waivers(path)


def test_an_owner_must_be_listed_by_the_policy() -> None:
    assert policy().owners == ("ada",)
