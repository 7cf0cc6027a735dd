"""The budget of a disruption, compared with what was measured."""

from __future__ import annotations

from typing import Any

import pytest

from upgradeproof.plan import Disruption
from upgradeproof.prober import failed, over_budget, unknown
from upgradeproof.results import Availability, Downtime
from upgradeproof.results.load import Connection, ConnectionAvailability


def lane(
    *duration_ms: float, connection: Connection = "new", requests: int = 1000, certain: bool = True
) -> ConnectionAvailability:
    return ConnectionAvailability(
        connection=connection,
        requests=requests,
        failed=0,
        late=0,
        p50_ms=1,
        p99_ms=1,
        max_ms=1,
        downtimes=tuple(
            Downtime(
                began_s=10 * number,
                duration_ms=ms,
                requests=round(ms / 20),
                reason="Connection refused",
                step="install",
                certain=certain,
            )
            for number, ms in enumerate(duration_ms)
        ),
    )


def disruption(longest_ms: float = 500, total_ms: float = 800) -> Disruption:
    return Disruption(endpoint="site", max_downtime_ms=longest_ms, max_total_downtime_ms=total_ms)


def seen(*lanes: ConnectionAvailability) -> Availability:
    nothing: dict[str, Any] = failed(disruption(), "upgraded", (), "").model_dump()
    return Availability.model_validate({**nothing, "connections": lanes})


def complaint_about(*lanes: ConnectionAvailability, **budget: float) -> str:
    return over_budget(disruption(**budget), seen(*lanes))


@pytest.mark.parametrize("duration_ms", [(), (500,), (500, 300)])
def test_downtimes_within_the_budget_are_accepted(duration_ms: tuple[float, ...]) -> None:
    assert complaint_about(lane(*duration_ms), lane(*duration_ms, connection="kept")) == ""


def test_a_budget_of_nothing_allows_no_downtime() -> None:
    assert complaint_about(lane(), longest_ms=0, total_ms=0) == ""
    assert complaint_about(lane(20), longest_ms=0, total_ms=0) != ""


def test_one_downtime_that_is_too_long_is_reported_with_its_step() -> None:
    assert complaint_about(lane(100, 520, 40), lane(connection="kept")) == (
        "site over new connections: the longest downtime lasted 520 ms, 500 ms are allowed\n"
        "  at 0.00 s, in the step 'install': 100 ms, 5 requests, Connection refused\n"
        "  at 10.00 s, in the step 'install': 520 ms, 26 requests, Connection refused\n"
        "  at 20.00 s, in the step 'install': 40 ms, 2 requests, Connection refused"
    )


def test_many_short_downtimes_exceed_the_total() -> None:
    complaint = complaint_about(lane(*[100] * 9, connection="kept"), lane())
    assert complaint.splitlines()[0] == (
        "site over kept connections: all 9 together lasted 900 ms, 800 ms are allowed"
    )


def test_only_the_longest_downtimes_are_reported() -> None:
    first, *reported, last = complaint_about(lane(*[100] * 15, 200)).splitlines()
    assert first.endswith("all 16 together lasted 1700 ms, 800 ms are allowed")
    assert len(reported) == 10
    assert "200 ms" in reported[-1]
    assert last == "  and 6 shorter ones"


def test_both_kinds_of_connections_are_judged() -> None:
    complaint = complaint_about(lane(900), lane(900, connection="kept"))
    assert [line.split(":")[0] for line in complaint.splitlines() if line[0] != " "] == [
        "site over new connections",
        "site over kept connections",
    ]


def test_a_connection_without_requests_proves_nothing() -> None:
    assert complaint_about(lane(), lane(connection="kept", requests=0)) == (
        "site over kept connections: no request was made: nothing is proven"
    )


def test_an_endpoint_without_requests_proves_nothing() -> None:
    assert complaint_about() == "site was not asked: nothing is proven"


def test_an_uncertain_downtime_makes_the_result_unknown() -> None:
    found = seen(lane(900, certain=False))
    assert over_budget(disruption(), found) == ""
    assert unknown(disruption(), found) == (
        "the prober could not keep its schedule: this host is too busy\n"
        "site over new connections: the longest downtime lasted 900 ms, 500 ms are allowed, and "
        "the only one lasted 900 ms, 800 ms are allowed\n"
        "  at 0.00 s, in the step 'install': 900 ms, 45 requests, Connection refused; the prober "
        "itself did not run all the while"
    )


def parts(*of: tuple[float, bool]) -> ConnectionAvailability:
    """Return a lane of consecutive downtimes, each with its length and whether it is certain."""
    found, began_s = [], 0.0
    for (duration_ms, certain), each in zip(of, lane(*[1] * len(of)).downtimes, strict=True):
        update = {"began_s": began_s, "duration_ms": duration_ms, "certain": certain}
        found.append(each.model_copy(update=update))
        began_s += duration_ms / 1000
    return lane().model_copy(update={"downtimes": tuple(found)})


def test_a_stall_in_a_long_downtime_does_not_excuse_the_rest() -> None:
    found = seen(parts((4000, True), (700, False), (4000, True)))
    assert "the longest downtime lasted 4000 ms" in over_budget(disruption(), found)
    assert unknown(disruption(), found) == ""


def test_downtimes_that_exceed_the_budget_only_with_the_stall_are_unknown() -> None:
    found = seen(parts((300, True), (60, False), (300, True)))
    assert over_budget(disruption(), found) == ""
    assert "the longest downtime lasted 660 ms, 500 ms are allowed" in unknown(disruption(), found)


def test_a_stall_that_is_longer_than_the_budget_is_unknown() -> None:
    found = seen(parts((600, False)))
    assert over_budget(disruption(), found) == ""
    assert unknown(disruption(), found) != ""


def test_a_budget_that_uncertain_downtimes_cannot_exceed_is_met() -> None:
    assert unknown(disruption(), seen(lane(400, certain=False))) == ""


def test_a_budget_that_certain_downtimes_exceed_is_exceeded() -> None:
    found = seen(lane(900), lane(900, connection="kept", certain=False))
    assert unknown(disruption(), found) == ""
    assert over_budget(disruption(), found) != ""


def test_the_result_of_a_failed_prober_is_unknown() -> None:
    assert unknown(disruption(), failed(disruption(), "upgraded", (), "it was killed")) == (
        "it was killed"
    )
