"""Annotations for GitHub: ten at most, the worst first, and no text that breaks a command."""

from __future__ import annotations

from upgradeproof.render.formats.annotations import workflow_commands
from upgradeproof.results import Cell, Check, PlanFile, RejectedPart, Run, Verdict


def run_with(*checks: Check, **more: object) -> Run:
    cell = Cell(
        id="debian-1.container.web-1-to-2",
        platform="debian-1.container",
        upgrade="web-1-to-2",
        product="web",
        checks=checks,
    )
    return Run.model_validate(
        {
            "run_id": "r",
            "started_at": "2026-01-01T00:00:00+00:00",
            "finished_at": "2026-01-01T00:10:00+00:00",
            "upgradeproof": "0.1.0",
            "cells": (cell,),
            "plans": (PlanFile(product="web", path="products/web/upgrade.toml", sha256="0"),),
            **more,
        }
    )


def failed(number: int, verdict: Verdict = Verdict.FAILED) -> Check:
    return Check(
        id=f"test_it::test_thing_{number}", verdict=verdict, reason=f"reason {number}", duration_s=1
    )


def test_a_green_run_has_none() -> None:
    passed = Check(id="test_it::test_a", verdict=Verdict.PASSED, duration_s=1)
    assert workflow_commands(run_with(passed)) == ""


def test_a_finding_names_its_plan_and_stays_one_line() -> None:
    check = Check(
        id="test_it::test_a_port_answers[tcp-1]",
        verdict=Verdict.FAILED,
        reason="100 % lost\n::error::injected",
        duration_s=1,
    )
    (line,) = workflow_commands(run_with(check)).splitlines()
    assert line.startswith("::error file=products/web/upgrade.toml,title=failed%3A ")
    assert line.endswith("(1 cell): 100 %25 lost%0A::error::injected")


def test_ten_findings_are_ten_annotations() -> None:
    lines = workflow_commands(run_with(*map(failed, range(10)))).splitlines()
    assert len(lines) == 10
    assert "more finding" not in lines[-1]


def test_the_tenth_counts_how_many_more_and_the_worst_come_first() -> None:
    broken = failed(99, Verdict.BROKEN)
    lines = workflow_commands(run_with(broken, *map(failed, range(12)))).splitlines()
    assert len(lines) == 10
    assert all("title=failed" in line for line in lines[:9])
    assert lines[9] == (
        "::error title=upgradeproof::4 more findings: the summary and index.html have them"
    )


def test_a_folder_that_is_no_part_comes_first() -> None:
    rejected = (RejectedPart(folder="parts/9", reason="it holds no journal of a run"),)
    first = workflow_commands(run_with(failed(1), rejected=rejected)).splitlines()[0]
    assert first == (
        "::error title=a folder is no part of this run::parts/9: it holds no journal of a run"
    )
