"""What GO needs: the release manager's policy, read from ``reports/policy.toml``."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from upgradeproof.decision.files import load_file
from upgradeproof.globs import fits
from upgradeproof.plan.loading import Model, misplaced, repeated

Effect = Literal["no_go", "cannot_tell", "note"]
"""What a reason does to the decision; a note changes nothing."""
SHORTEST = 'write a policy; the shortest requires every cell: cells = [{ select = ["*"] }]'


class Outcome(StrEnum):
    """State what the decision is."""

    GO = "go"
    NO_GO = "no_go"
    CANNOT_TELL = "cannot_tell"

    @property
    def word(self) -> str:
        """Return the outcome as people state it."""
        return {"go": "GO", "no_go": "NO-GO", "cannot_tell": "CAN'T TELL"}[self.value]

    @property
    def exit_status(self) -> int:
        """Return the exit status of ``upgradeproof decide``."""
        return {"go": 0, "no_go": 1, "cannot_tell": 2}[self.value]


class CellRule(Model):
    """What the cells that fit a glob must prove."""

    select: tuple[str, ...] = Field(min_length=1)
    """Globs over cell ids. Each glob of a required rule must fit a cell of the run."""
    required: bool = True
    """False: failures are notes."""
    min_cells: int = Field(default=1, ge=1)
    """How many cells of a required rule the run must have."""
    own_kernel: bool = False
    native_time: bool = False
    min_health: int | None = Field(default=None, ge=0, le=100)

    @model_validator(mode="after")
    def _names_each_glob_once(self) -> Self:
        if (at := repeated(self.select)) is not None:
            raise misplaced(f"{self.select[at]!r} is listed twice", "select", at)
        return self

    def fits(self, cell: str) -> bool:
        """Return whether a cell's id fits one of the globs."""
        return fits(cell, self.select)


class ComparisonRules(Model):
    """What the comparison with a baseline must show."""

    required: bool = False
    """Whether a decision without a baseline is CAN'T TELL."""
    regressed: Effect = "no_go"
    proof_lost: Effect = "no_go"
    gone: Effect = "cannot_tell"
    worse: Effect = "note"
    """Of measurements whose intervals show a loss."""


class ScanRules(Model):
    """What the security scan of the upgraded machines must show."""

    required: bool = False
    """Whether a decision without a scan is CAN'T TELL."""
    errors: Effect = "no_go"
    """Of findings of this level that have no answer; a finding of the level ``note`` is none."""
    warnings: Effect = "note"
    """The same."""
    not_applicable: Effect = "note"
    """Of what the scan could not look for."""


class Policy(Model):
    """The whole file."""

    owners: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Who may own a waiver."""
    signers: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Who signs; the page has a line for each."""
    fresh: bool = True
    max_age_days: float = Field(default=14, gt=0)
    max_waivers: int = Field(default=0, ge=0)
    broken: Effect = "cannot_tell"
    never_ran: Effect = "no_go"
    deselected: Effect = "no_go"
    """Of checks that the selection (``-k``, ``-m``) left out of a cell that ran."""
    other_cells: Literal["required", "optional"] = "required"
    """How selected cells are judged that no rule names."""
    cells: tuple[CellRule, ...] = Field(min_length=1)
    comparison: ComparisonRules = ComparisonRules()
    scan: ScanRules = ScanRules()

    @model_validator(mode="after")
    def _requires_a_cell(self) -> Self:
        if not any(rule.required for rule in self.cells):
            raise misplaced("no cell is required, so the policy decides nothing", "cells")
        return self

    @classmethod
    def called(cls) -> str:
        """Return what an error calls the file."""
        return "policy"

    def rule(self, cell: str) -> CellRule:
        """Return the rule of a cell: the first that fits, or what holds for other cells."""
        other = CellRule(select=(cell,), required=self.other_cells == "required")
        return next((rule for rule in self.cells if rule.fits(cell)), other)

    def required(self) -> Iterable[CellRule]:
        """Return the rules whose cells must be there."""
        return (rule for rule in self.cells if rule.required)


def load_policy(path: Path) -> Policy:
    """Return the policy in a file. Raises PlanError, once, with every problem and its line."""
    return load_file(path, Policy, SHORTEST)
