"""The results of a run: the models of ``run.json``, schema version 1."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from pydantic import Field, computed_field

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.errors import ProductError, UnavailableError
from upgradeproof.results.base import Frozen
from upgradeproof.results.capture import CaptureFidelity
from upgradeproof.results.components import Release
from upgradeproof.results.declared import PlanFile, RejectedPart, UnusedChange
from upgradeproof.results.fidelity import Fidelity
from upgradeproof.results.load import Availability, LoadMeasured, RatioMeasured
from upgradeproof.results.provenance import ArchiveSnapshot, ImageFile, PackageUnderTest
from upgradeproof.severity import Severity


class Verdict(StrEnum):
    """What is known about a check, a cell or a run; there is no sixth verdict."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"
    BROKEN = "broken"
    NEVER_RAN = "never_ran"

    @classmethod
    def of(cls, error: BaseException) -> Verdict:
        """Return the verdict for an error: of the product, of the harness, or that nothing ran."""
        match error:
            case ProductError():
                return cls.FAILED
            case UnavailableError():
                return cls.NEVER_RAN
            case _:
                return cls.BROKEN


_BY_WEIGHT = (
    Verdict.FAILED,
    Verdict.BROKEN,
    Verdict.NEVER_RAN,
    Verdict.PASSED,
    Verdict.NOT_APPLICABLE,
)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of a whole from those of its parts.

    A failed product outweighs a broken harness, which outweighs what never ran; one passed part
    makes a whole passed only if every other part passed or was not applicable. Of nothing at all
    the verdict is ``never_ran``: no check is no proof.
    """
    found = set(verdicts)
    return next((verdict for verdict in _BY_WEIGHT if verdict in found), Verdict.NEVER_RAN)


class Step(Frozen):
    """One step of a transition, with its transcript's path (relative to run.json)."""

    title: str
    started_at: str
    duration_s: float | None = None
    exit_status: int | None = None
    transcript: str = ""


ReasonSource = Literal["plan", "known", "package", "boot", "none"]
"""Who explains a change: the plan, the known changes of the operating system, the package that it
follows from, a boot of the old release that changes it, too, or none of them."""


class Change(Frozen):
    """One line of the diff of two states' facts; ``reason`` is why it is expected.

    ``path`` is ``section/key`` for what was added or removed, ``section/key/field`` for what
    changed; ``before`` and ``after`` are the values as text, None where there was or is nothing.
    """

    path: str
    before: str | None
    after: str | None
    expected: bool
    reason: str = ""
    source: ReasonSource = "none"
    kind: ChangeKind = "changed"
    known: str = ""
    """The id of the known change that explains it: ``debian-12-to-13/tmp-is-a-tmpfs``."""
    known_for: str = ""
    """What that known change belongs to, as the report prints it: ``Debian 12 -> 13``."""
    package: str = ""
    """The package that the record names as its own; empty: it names none."""
    detail: str = ""
    """The unified diff of a text file whose content changed, secrets masked, cut to what can be
    read; empty for all else."""

    def __str__(self) -> str:
        return f"{self.path}: {self.before or '(nothing)'} -> {self.after or '(nothing)'}"

    @property
    def with_detail(self) -> str:
        """Return the line, with the unified diff behind it in lines of its own."""
        return "\n    ".join([str(self), *self.detail.splitlines()])


class Finding(Frozen):
    """What the preflight found on a machine before its upgrade."""

    id: str
    """Which check found it, and on what: ``held/nginx``."""
    severity: Severity
    title: str
    meaning: str
    remedy: str
    """What to do; a command where one does it."""
    code: str = ""
    """The product's own error code."""
    accepted: str = ""
    """The reason of the plan that accepts it; empty: no plan does."""

    def __str__(self) -> str:
        title = f"{self.code} {self.title}" if self.code else self.title
        return f"{title}\n  {self.meaning}\n  To do: {self.remedy}"


class State(Frozen):
    """One state that a cell reached, or tried to reach."""

    name: str
    key: str = ""
    verdict: Verdict = Verdict.NEVER_RAN
    reason: str = ""
    reused: bool = False
    started_at: str = ""
    duration_s: float | None = None
    steps: tuple[Step, ...] = ()
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Of the preflight, before the transition to this state; the most severe first."""
    release: str = ""
    components: dict[str, str] = Field(default_factory=dict)
    """Installed versions of the components that the release names, by name."""
    facts: str = ""
    """Path of the facts, as JSON, relative to run.json."""
    image: ImageFile | None = None
    packages: tuple[PackageUnderTest, ...] = ()
    archives: tuple[ArchiveSnapshot, ...] = ()


class Check(Frozen):
    """One test on one cell. ``id`` is unique in its cell and reads ``suite::test[subject]``."""

    id: str
    verdict: Verdict = Verdict.NEVER_RAN
    reason: str = ""
    duration_s: float | None = None
    states: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    """Globs over ids: where such a check of the cell failed, too, this failure follows from it."""


class Cell(Frozen):
    """One platform x one upgrade."""

    id: str
    platform: str
    upgrade: str
    product: str
    tags: tuple[str, ...] = ()
    selected: bool = True
    reason: str = ""
    """Why the cell as a whole could not be run or was left out."""
    fidelity: Fidelity | None = None
    checks: tuple[Check, ...] = ()
    checks_declared: int = 0
    """How many checks the plan and the suites give it, those that were deselected included."""
    states: tuple[State, ...] = ()
    loads: tuple[LoadMeasured, ...] = ()
    ratios: tuple[RatioMeasured, ...] = ()
    availability: tuple[Availability, ...] = ()
    """What a prober saw of the product's endpoints during the upgrade."""
    shard: int | None = None
    """The number of the shard that runs it; None: the run has no shards."""
    capture: CaptureFidelity | None = None
    """How much of the captured server is so in ``installed``; None: it is no twin of a server."""

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def verdict(self) -> Verdict:
        """Return the worst of the checks' verdicts; a state that failed weighs like a check."""
        reached = [s.verdict for s in self.states if s.verdict is not Verdict.PASSED]
        return worst([*reached, *[check.verdict for check in self.checks]])


class CachedStates(Frozen):
    """How much the cached states take on this host, when the run ended."""

    count: int
    size_bytes: int
    max_bytes: int | None
    """What they may take; None: there is no limit."""


class Run(Frozen):
    """A whole run. Times are UTC in ISO 8601, durations seconds."""

    schema_version: Literal[1] = 1
    run_id: str
    started_at: str
    finished_at: str | None = None
    """None: the run was killed before it could record its end."""
    upgradeproof: str
    engine_sha256: tuple[str, ...] = ()
    """Over the engine's files; several where the run's parts were made by different code."""
    fresh: bool = False
    strict: bool = False
    """Whether an expected change that did not happen makes the run fail."""
    host: dict[str, str] = Field(default_factory=dict)
    plans: tuple[PlanFile, ...] = ()
    releases: tuple[Release, ...] = ()  # those that name the components that they work with
    cells: tuple[Cell, ...] = ()
    cached_states: CachedStates | None = None
    """How much there was on the host of the part that ended last; None: not known."""
    unused: tuple[UnusedChange, ...] = ()
    """Only where all cells that an expected change is for went through all their states."""
    rejected: tuple[RejectedPart, ...] = ()  # folders that were named as parts of this run

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def verdict(self) -> Verdict:
        """Return the worst verdict of the selected cells.

        A run that did not end, or to which a folder was given that is no part of it, never passes.
        A strict run fails where an expected change did not happen.
        """
        return self.verdict_of(cell.verdict for cell in self.cells if cell.selected)

    def verdict_of(self, selected: Iterable[Verdict]) -> Verdict:
        """Return the verdict of the run, from those of its selected cells where they are known."""
        verdicts = [*selected]
        if self.strict and self.unused:
            verdicts.append(Verdict.FAILED)
        if self.finished_at is None or self.rejected:
            verdicts.append(Verdict.NEVER_RAN)
        return worst(verdicts)

    @property
    def green(self) -> bool:
        """Return whether the run's verdict is ``passed``."""
        return self.verdict is Verdict.PASSED
