"""Compare an availability with the plan's budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from upgradeproof.plan import Disruption
from upgradeproof.results.load import Availability, ConnectionAvailability, Downtime

MAX_SHOWN = 10
"""Downtimes that a complaint names, the longest of them."""
AT_ONCE_MS = 1.0
"""Less than the time between two requests; times are rounded."""


def over_budget(disruption: Disruption, seen: Availability) -> str:
    """Return what is over the budget, over each kind of connection, with its downtimes; else "".

    Only certain downtimes count. An endpoint without a request is a complaint, too.
    """
    certain = (
        _with(measured, (d for d in measured.downtimes if d.certain))
        for measured in seen.connections
    )
    return _complaints(disruption, tuple(certain))


def unknown(disruption: Disruption, seen: Availability) -> str:
    """Return why it is unknown whether the budget is exceeded; empty: ``over_budget`` knows.

    The prober failed; or the budget is exceeded only with the times in which the prober itself did
    not run: there may have been a downtime in any of them.
    """
    worst = (_with(measured, joined(measured.downtimes)) for measured in seen.connections)
    everything = _complaints(disruption, tuple(worst))
    if seen.problem or not everything or over_budget(disruption, seen):
        return seen.problem
    return f"the prober could not keep its schedule: this host is too busy\n{everything}"


def _with(
    measured: ConnectionAvailability, downtimes: Iterable[Downtime]
) -> ConnectionAvailability:
    return measured.model_copy(update={"downtimes": tuple(downtimes)})


def joined(downtimes: Iterable[Downtime]) -> list[Downtime]:
    """Return the worst case: adjacent downtimes are joined, certain or not."""
    found: list[Downtime] = []
    for each in downtimes:
        last = found[-1] if found else None
        if last and abs(last.began_s * 1000 + last.duration_ms - each.began_s * 1000) < AT_ONCE_MS:
            longer = {
                "duration_ms": last.duration_ms + each.duration_ms,
                "requests": last.requests + each.requests,
                "certain": False,
            }
            found[-1] = last.model_copy(update=longer)
        else:
            found.append(each)
    return found


def _complaints(disruption: Disruption, connections: Sequence[ConnectionAvailability]) -> str:
    complaints = [
        f"{disruption.endpoint} over {measured.connection} connections: {', and '.join(wrong)}"
        + "".join(f"\n  {downtime}" for downtime in _worst(measured))
        for measured in connections
        if (wrong := list(_wrong(disruption, measured)))
    ]
    if not connections:
        complaints.append(f"{disruption.endpoint} was not asked: nothing is proven")
    return "\n".join(complaints)


def _wrong(disruption: Disruption, measured: ConnectionAvailability) -> Iterator[str]:
    if not measured.requests:
        yield "no request was made: nothing is proven"
    duration_ms = [downtime.duration_ms for downtime in measured.downtimes]
    for what, found_ms, allowed_ms in (
        ("the longest downtime lasted", max(duration_ms, default=0.0), disruption.max_downtime_ms),
        (f"{_times(measured)} lasted", sum(duration_ms), disruption.max_total_downtime_ms),
    ):
        if found_ms > allowed_ms:
            yield f"{what} {found_ms:.0f} ms, {allowed_ms:g} ms are allowed"


def _times(measured: ConnectionAvailability) -> str:
    count = len(measured.downtimes)
    return "the only one" if count == 1 else f"all {count} together"


def _worst(measured: ConnectionAvailability) -> list[str]:
    """Return the longest downtimes in the order of their time, and how many are left out."""
    longest = sorted(measured.downtimes, key=lambda downtime: -downtime.duration_ms)[:MAX_SHOWN]
    shown = [str(downtime) for downtime in sorted(longest, key=lambda each: each.began_s)]
    left = len(measured.downtimes) - len(shown)
    return [*shown, *([f"and {left} shorter ones"] if left else [])]
