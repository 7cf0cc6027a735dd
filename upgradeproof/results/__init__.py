"""Verdicts, the journal written while a run goes on, and the run.json folded from it."""

from upgradeproof.results.capture import CaptureFidelity, SectionFidelity
from upgradeproof.results.declared import PlanFile, RejectedPart, ShardOf, UnusedChange
from upgradeproof.results.fold import fold
from upgradeproof.results.journal import Journal, read_journals
from upgradeproof.results.load import Availability, Downtime, LoadMeasured, RatioMeasured
from upgradeproof.results.model import (
    CachedStates,
    Cell,
    Change,
    Check,
    Component,
    Fidelity,
    Finding,
    ReasonSource,
    Release,
    Run,
    State,
    Step,
    Verdict,
    worst,
)

__all__ = [
    "Availability",
    "CachedStates",
    "CaptureFidelity",
    "Cell",
    "Change",
    "Check",
    "Component",
    "Downtime",
    "Fidelity",
    "Finding",
    "Journal",
    "LoadMeasured",
    "PlanFile",
    "RatioMeasured",
    "ReasonSource",
    "RejectedPart",
    "Release",
    "Run",
    "SectionFidelity",
    "ShardOf",
    "State",
    "Step",
    "UnusedChange",
    "Verdict",
    "fold",
    "read_journals",
    "worst",
]
