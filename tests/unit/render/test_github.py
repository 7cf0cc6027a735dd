from __future__ import annotations

from tests.unit.render.test_page import hostile_run
from tests.unit.render.test_summary import small_run
from upgradeproof.render import Options, Suppression
from upgradeproof.render.formats.github import commands
from upgradeproof.results import Cell, Check, Run, Verdict


def run_of(number: int, verdict: Verdict = Verdict.FAILED) -> Run:
    checks = tuple(
        Check(id=f"s::test_{n}", verdict=verdict, reason=f"reason {n}") for n in range(number)
    )
    cell = Cell(id="p.u", platform="p", upgrade="u", product="x", checks=checks)
    return small_run().model_copy(update={"cells": (cell,)})


def test_the_text_of_an_annotation() -> None:
    assert commands(small_run()) == (
        "::error title=No listening port is lost%3A failed::debian-12.vm.thing-2-to-3%0A"
        "assert lost == ()%0A  lost listening ports: 1\n"
    )


def test_ten_findings_are_ten_commands() -> None:
    lines = commands(run_of(10)).splitlines()
    assert len(lines) == 10
    assert lines[-1] == "::error title=9%3A failed::p.u%0Areason 9"


def test_of_more_than_ten_the_tenth_has_the_number_of_the_rest() -> None:
    lines = commands(run_of(14)).splitlines()
    assert len(lines) == 10
    assert lines[-1] == (
        "::error title=More findings::5 more findings in index.html and in the summary"
    )


def test_the_worst_verdict_comes_first() -> None:
    (cell,) = run_of(12, Verdict.NEVER_RAN).cells
    failed = Check(id="s::test_z", verdict=Verdict.FAILED, reason="no")
    cell = cell.model_copy(update={"checks": (*cell.checks, failed)})
    run = small_run().model_copy(update={"cells": (cell,)})
    levels = [line.split()[0] for line in commands(run).splitlines()]
    assert levels == ["::error", *(8 * ["::warning"]), "::error"]


def test_hostile_text_is_neither_a_command_nor_a_property() -> None:
    text = commands(hostile_run())
    assert len(text.splitlines()) == text.count("\n") <= 10
    assert all(
        line.startswith(("::error title=", "::warning title=")) for line in text.splitlines()
    )
    reason = "a\n::stop-commands::x%0D::error file=b,line=3::c%0A"
    check = Check(id="s::test_a", verdict=Verdict.FAILED, reason=reason)
    (cell,) = run_of(1).cells
    run = small_run().model_copy(update={"cells": (cell.model_copy(update={"checks": (check,)}),)})
    (line,) = commands(run).splitlines()
    assert line.startswith("::error title=A%3A failed::p.u%0Aa%0A::stop-commands::x")
    assert line.endswith("x%250D::error file=b,line=3::c%250A")


def test_a_waived_failure_is_a_warning() -> None:
    waiver = Suppression(id="w", reason="accepted", owner="a", ticket="T", expires="2026-05-31")
    text = commands(run_of(1), Options(suppressions={("p.u", "s::test_0"): waiver}))
    assert text == "::warning title=0%3A failed::accepted by a waiver; p.u%0Areason 0\n"


def test_a_green_run_has_none_and_a_run_without_cells_has_one() -> None:
    assert commands(run_of(3, Verdict.PASSED)) == ""
    empty = small_run().model_copy(update={"cells": ()})
    assert commands(empty) == (
        "::error title=Never ran::No cell was selected: this run proves nothing.\n"
    )
