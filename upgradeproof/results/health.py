"""The health index: one number that summarises the measurements of a cell. It is no verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from upgradeproof.results.load import percent
from upgradeproof.results.model import Cell, Change, Verdict
from upgradeproof.states import StateName

FORMULA = (
    "100 x the mean of the scores, each by its weight. What is not known is left out; if neither "
    "availability nor latency is known, there is no index."
)
RULES: Mapping[str, tuple[int, str]] = {
    "availability": (
        30,
        "1 if every request was answered well and in time, falling to 0 if one in ten was not",
    ),
    "latency": (30, "1 if no 99th percentile rose, falling to 0 if one doubled"),
    "failed units": (20, "1 / (1 + units of systemd that failed since, unexpected by the plan)"),
    "kernel": (10, "1 / (1 + kinds of new complaints of the kernel, unexpected by the plan)"),
    "journal": (10, "1 / (1 + kinds of new errors in the journal, unexpected by the plan)"),
}
"""Weight and rule of each part. They are chosen, not measured: what users notice weighs more than
half, and what is only recorded in the facts weighs the minimum."""
MAX_LOST = 0.1
"""Share of lost requests from which on the score of availability is 0."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the index."""

    name: str
    score: float | None
    """0 to 1; None: not known."""
    found: str
    """What was found, or why nothing is known."""

    @property
    def weight(self) -> int:
        """Return what it counts; all weights together are 100."""
        return RULES[self.name][0]

    @property
    def rule(self) -> str:
        """Return how the score is found, in words."""
        return RULES[self.name][1]


@dataclass(frozen=True, kw_only=True)
class Health:
    """The index of one cell, and all that it is made of."""

    index: int
    """0 to 100, rounded down: 100 means that no known value is below its maximum."""
    parts: tuple[Part, ...]

    @property
    def known(self) -> int:
        """Return the weights of what is known, of 100."""
        return sum(part.weight for part in self.parts if part.score is not None)


def health(cell: Cell) -> Health | None:
    """Return the health that the upgrade led to; None: nothing was measured by requests.

    It looks at the transition to ``upgraded`` and at that state alone. Facts without any request
    would result in a number, too, but in one that is not about the product's users.
    """
    felt = (_availability(cell), _latency(cell))
    if all(part.score is None for part in felt):
        return None
    parts = (*felt, *_written_down(cell))
    known = [(part.weight, part.score) for part in parts if part.score is not None]
    mean = sum(weight * score for weight, score in known) / sum(weight for weight, _ in known)
    return Health(index=int(100 * mean + 1e-9), parts=parts)


def _availability(cell: Cell) -> Part:
    shares = [*_probed(cell), *_sent(cell)]
    if not shares:
        why = "no endpoint was asked during the upgrade, and no load was sent after it"
        return Part(name="availability", score=None, found=why)
    share, where = min(shares)
    found = f"{percent(share)} succeeded in time: {where}"
    return Part(name="availability", score=max(0.0, 1 - (1 - share) / MAX_LOST), found=found)


def _probed(cell: Cell) -> Iterator[tuple[float, str]]:
    for seen in cell.availability:
        for measured in (
            seen.connections if seen.state == StateName.UPGRADED and not seen.problem else ()
        ):
            if measured.requests:
                yield measured.share, f"{measured.connection} connections to {seen.endpoint}"


def _sent(cell: Cell) -> Iterator[tuple[float, str]]:
    for sent in cell.loads:
        if sent.state == StateName.UPGRADED and sent.requests and not sent.problem:
            yield sent.answered / sent.requests, f"the load {sent.load} afterwards"


def _latency(cell: Cell) -> Part:
    rises = _rises(cell)
    if not rises:
        why = "no load was answered before and after the upgrade"
        return Part(name="latency", score=None, found=why)
    load = max(rises, key=lambda name: rises[name])
    found = f"the 99th percentile is {rises[load]:.2f} times what it was: the load {load}"
    return Part(name="latency", score=min(1.0, max(0.0, 2 - rises[load])), found=found)


def _rises(cell: Cell) -> dict[str, float]:
    """Return new through old by load: of pairs of runs where there are any, else of one pair."""
    p99 = {
        (sent.load, sent.state): sent.p99_ms
        for sent in cell.loads
        if sent.answered and sent.p99_ms and not sent.problem
    }
    once = {
        load: after / p99[load, StateName.INSTALLED]
        for (load, state), after in p99.items()
        if state == StateName.UPGRADED and (load, StateName.INSTALLED) in p99
    }
    in_turns = {
        each.load: each.ratio
        for each in cell.ratios
        if each.target == "p99_ratio" and each.ratio is not None
    }
    return once | in_turns


def _written_down(cell: Cell) -> Iterator[Part]:
    """Yield the parts from the facts of ``upgraded``, compared with those of ``installed``."""
    yield _counted(cell, "failed units", "services", _is_failure)
    if cell.fidelity is not None and cell.fidelity.own_kernel:
        yield _counted(cell, "kernel", "kernel_log")
    else:
        yield Part(name="kernel", score=None, found="the machine has no kernel of its own")
    yield _counted(cell, "journal", "journal")


def _counted(
    cell: Cell, name: str, section: str, counts: Callable[[Change], bool] = lambda _: True
) -> Part:
    upgraded = next((state for state in cell.states if state.name == StateName.UPGRADED), None)
    if upgraded is None or upgraded.verdict is not Verdict.PASSED:
        return Part(name=name, score=None, found="upgraded was not reached: there are no facts")
    number = sum(
        change.path.startswith(f"{section}/") and not change.expected and counts(change)
        for change in upgraded.changes
    )
    return Part(name=name, score=1 / (1 + number), found=f"{number} unexpected")


def _is_failure(change: Change) -> bool:
    """Return whether a unit failed that did not fail before, or was not there before."""
    if change.before is None:
        return "active=failed" in (change.after or "").split(", ")
    return change.path.endswith("/active") and change.after == "failed"
