"""Verdicts, the journal written while a run goes on, and the run.json folded from it."""

from upgradeproof.results.capture import CaptureFidelity, SectionFidelity
from upgradeproof.results.components import Component, Release
from upgradeproof.results.declared import PlanFile, RejectedPart, ShardOf, UnusedChange
from upgradeproof.results.fidelity import Fidelity
from upgradeproof.results.fold import fold
from upgradeproof.results.journal import Journal, read_journals
from upgradeproof.results.load import Availability, Downtime, LoadMeasured, RatioMeasured
from upgradeproof.results.model import (
    CachedStates,
    Cell,
    Change,
    Check,
    Finding,
    ReasonSource,
    Run,
    State,
    Step,
    Verdict,
    worst,
)
from upgradeproof.results.provenance import ArchiveSnapshot, ImageFile, PackageUnderTest

__all__ = [
    "ArchiveSnapshot",
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
    "ImageFile",
    "Journal",
    "LoadMeasured",
    "PackageUnderTest",
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
