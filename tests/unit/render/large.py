"""A run of 300 cells: too many for a page in one file."""

from __future__ import annotations

from tests.unit.render.test_page import HOSTILE, hostile_run
from upgradeproof.results import Cell, Check, Run, State, Step, Verdict

FAILED = "p-0.thing-0-to-1"
LOST = "assert lost == ()\n  lost: port 80"
NO_KERNEL = "the kernel is the host's: a container can't prove it"


def large_run() -> Run:
    return Run(
        run_id="large",
        started_at="2026-03-12T09:14:02+00:00",
        finished_at="2026-03-12T10:14:02+00:00",
        upgradeproof="0.1.0",
        cells=tuple(_cell(platform, upgrade) for platform in range(30) for upgrade in range(10)),
    )


def hostile_large_run() -> Run:
    (hostile,) = hostile_run().cells
    return large_run().model_copy(
        update={"run_id": HOSTILE, "cells": (hostile, *large_run().cells)}
    )


def _cell(platform: int, upgrade: int) -> Cell:
    failed = upgrade == 0 and platform < 10
    path = f"transcripts/{platform}-{upgrade}.txt"
    step = Step(
        title="upgrade",
        started_at="2026-03-12T09:15:01+00:00",
        duration_s=3.5,
        exit_status=0,
        transcript=path,
    )
    return Cell(
        id=f"p-{platform}.thing-{upgrade}-to-{upgrade + 1}",
        platform=f"p-{platform}",
        upgrade=f"thing-{upgrade}-to-{upgrade + 1}",
        product="thing",
        checks=(
            Check(
                id="test_ports::test_no_port_is_lost",
                verdict=Verdict.FAILED if failed else Verdict.PASSED,
                reason=LOST if failed else "",
                duration_s=0.25,
            ),
            Check(id="test_ports::test_port_answers[80]", verdict=Verdict.PASSED, duration_s=61),
            Check(id="test_kernel::test_a", verdict=Verdict.NOT_APPLICABLE, reason=NO_KERNEL),
        ),
        states=(State(name="upgraded", verdict=Verdict.PASSED, duration_s=4, steps=(step,)),),
    )
