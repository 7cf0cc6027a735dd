"""The decision: the models of ``decision.json``, schema version 1."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator

from upgradeproof.decision.comparison import Kind
from upgradeproof.decision.policy import Effect, Outcome
from upgradeproof.results.base import Frozen
from upgradeproof.results.model import Verdict


def _is_a_time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return text


class Reason(Frozen):
    """One thing that decides, or a note that changes nothing."""

    effect: Effect
    rule: str
    """The key of the policy, or the rule of the waivers, that it comes from."""
    text: str
    cell: str = ""
    check: str = ""
    resolution: str = ""

    def __str__(self) -> str:
        where = " ".join(part for part in (self.cell, self.check) if part)
        return f"{where}: {self.text}" if where else self.text


class AcceptedFailure(Frozen):
    """A failed check that a waiver covers; the check stays failed."""

    cell: str
    check: str
    waiver: str
    owner: str
    ticket: str
    reason: str
    expires: str
    days_left: int
    """After the day of the decision."""


class JudgedCell(Frozen):
    """One cell, as the policy judges it."""

    cell: str
    required: bool
    verdict: Verdict
    """As run.json has it: a waived check stays failed."""
    waived: int
    """How many of its failed checks are waived."""
    outcome: Outcome
    fidelity: str
    """What its machine can prove; empty: none was started."""
    own_kernel: bool
    native_time: bool
    health: int | None


class Compared(Frozen):
    """What the comparison with the baseline found, as counts."""

    baseline: str
    """The id of the newest baseline's run."""
    checks: dict[Kind, int]
    new_cells: int
    gone_cells: int
    brought: int
    dropped: int


class Inputs(Frozen):
    """What the decision was made from: SHA-256 of each file."""

    run: str
    policy: str
    waivers: str | None = None
    baselines: tuple[str, ...] = ()
    scan: str | None = None


class Decision(Frozen):
    """The whole decision. It depends on its inputs and ``decided_at`` alone."""

    schema_version: Literal[1] = 1
    decided_at: Annotated[str, AfterValidator(_is_a_time)]
    outcome: Outcome
    result: Literal["passed", "passed_with_waivers", "not_passed"]
    """What the run is, its waivers considered; never ``passed`` where a waiver covers a check."""
    run_id: str
    upgradeproof: str
    """The version of the engine that made the run."""
    inputs: Inputs
    reasons: tuple[Reason, ...] = ()
    waived: tuple[AcceptedFailure, ...] = ()
    cells: tuple[JudgedCell, ...] = ()
    comparison: Compared | None = None

    def having(self, effect: Effect) -> tuple[Reason, ...]:
        """Return the reasons with one effect."""
        return tuple(reason for reason in self.reasons if reason.effect == effect)

    def as_json(self) -> str:
        """Return the text of ``decision.json``."""
        return self.model_dump_json(indent=1) + "\n"
