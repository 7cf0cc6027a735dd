"""From requests to downtimes: where a downtime begins, where it ends, and its step."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import pytest

from upgradeproof.plan import Disruption
from upgradeproof.prober import Recording, Sample, Stall, availability, failed
from upgradeproof.prober.availability import ROWS_MS
from upgradeproof.results import Availability
from upgradeproof.results.load import Connection, ConnectionAvailability, StepMark

ASKED = Disruption(
    endpoint="site", answer_timeout_ms=100, max_downtime_ms=500, max_total_downtime_ms=500
)
REFUSED = "Connection refused"
NOT_SENT = "not sent: the prober was late itself"
STEPS = (
    StepMark(title="fetch", began_s=0.0, ended_s=0.1),
    StepMark(title="install", began_s=0.1, ended_s=0.3),
)


def requests(text: str, connection: Connection = "new") -> Iterable[Sample]:
    """Return one request each 20 ms.

    ``.`` good, ``x`` refused, ``?`` not answered, ``~`` late, ``l`` late since it was sent so,
    ``-`` not sent.
    """
    outcomes = {
        ".": (0.0, 0.002, ""),
        "x": (0.0, 0.001, REFUSED),
        "?": (0.0, 0.2, "no answer within 0.2 s"),
        "~": (0.0, 0.15, ""),
        "l": (0.03, 0.12, ""),
        "-": (None, 0.05, NOT_SENT),
    }
    for number, letter in enumerate(text):
        yield Sample(connection, round(0.02 * number, 3), *outcomes[letter])


def seen(
    *samples: Iterable[Sample],
    lasted_s: float = 1.0,
    steps: Sequence[StepMark] = (),
    stalls: Sequence[Stall] = (),
    ended_on_request: bool = True,
) -> Availability:
    recording = Recording(
        began_at=5000.0,
        lasted_s=lasted_s,
        ended_on_request=ended_on_request,
        samples=tuple(itertools.chain(*samples)),
        stalls=tuple(stalls),
    )
    return availability(ASKED, "upgraded", recording, steps)


def lane(
    text: str, *, lasted_s: float = 1.0, steps: Sequence[StepMark] = ()
) -> ConnectionAvailability:
    """Return the result for new connections."""
    return seen(requests(text), lasted_s=lasted_s, steps=steps).connections[1]


def test_a_downtime_lasts_until_the_next_good_request_was_due() -> None:
    (only,) = lane("...xxx...").downtimes
    assert (only.began_s, only.duration_ms, only.requests) == (0.06, 60.0, 3)
    assert only.reason == REFUSED


def test_a_late_answer_counts_as_a_failure() -> None:
    found = lane("..~x~~..")
    assert (found.failed, found.late) == (1, 3)
    assert [(d.duration_ms, d.reason) for d in found.downtimes] == [(80.0, "later than 100 ms")]


def test_a_downtime_without_an_end_lasts_to_the_end_of_the_watch() -> None:
    (only,) = lane("...xx", lasted_s=0.35).downtimes
    assert only.duration_ms == 290.0


def test_one_good_request_separates_two_downtimes() -> None:
    found = lane(".xx.x.")
    assert [d.duration_ms for d in found.downtimes] == [40.0, 20.0]
    assert (found.longest_downtime_ms, found.total_downtime_ms) == (40.0, 60.0)


def test_kinds_of_connections_are_counted_separately() -> None:
    persistent, new = seen(requests("....", "kept"), requests("xxxx")).connections
    assert (persistent.connection, persistent.failed, persistent.downtimes) == ("kept", 0, ())
    assert (new.connection, new.failed, len(new.downtimes)) == ("new", 4, 1)


def test_requests_are_sorted_by_the_time_at_which_they_were_due() -> None:
    backwards = reversed(list(requests("..xx..")))
    assert [d.duration_ms for d in seen(backwards).connections[1].downtimes] == [40.0]


@pytest.mark.parametrize(
    ("text", "step"), [("x", "fetch"), (".....xx", "install"), ("." * 15 + "x", "")]
)
def test_a_downtime_names_the_step_in_which_it_began(text: str, step: str) -> None:
    (only,) = lane(text, steps=STEPS).downtimes
    assert only.step == step


def test_latencies_are_those_of_good_requests() -> None:
    found = lane("...?x~")
    assert found.p50_ms == pytest.approx(2, rel=0.01)
    assert found.max_ms == pytest.approx(150, rel=0.01)


def test_without_requests_there_are_no_figures() -> None:
    found = seen()
    assert [(lane.requests, lane.p99_ms, lane.downtimes) for lane in found.connections] == [
        (0, 0, ())
    ] * 2
    assert found.heat.spots == ()


def test_the_heat_map_counts_every_request_once() -> None:
    found = seen(requests("..x~" * 1000), lasted_s=80.0).heat
    assert sum(spot.count for spot in found.spots) == 4000
    assert found.columns <= 120
    assert max(spot.column for spot in found.spots) == found.columns - 1
    rows = {spot.row for spot in found.spots}
    below_5_ms, below_200_ms = ROWS_MS.index(5.0), ROWS_MS.index(200.0)
    assert rows == {below_5_ms, below_200_ms, len(ROWS_MS)}


def test_a_long_upgrade_has_no_more_columns() -> None:
    found = seen(requests("."), lasted_s=3600.0).heat
    assert (found.columns, found.column_s) == (120, 30.0)


def certain(text: str, *stalls: Stall) -> list[bool]:
    """Return of each downtime whether it is certain."""
    return [
        downtime.certain
        for downtime in seen(requests(text), stalls=stalls).connections[1].downtimes
    ]


def test_a_stall_of_the_prober_outside_a_downtime_leaves_it_certain() -> None:
    assert certain("..x~", Stall(0.5, 0.05)) == [True]


def test_a_downtime_of_answers_that_only_the_prober_delayed_is_uncertain() -> None:
    """The prober did not run for 60 of 150 ms: without them the answer was in time."""
    assert certain("~", Stall(0.05, 0.06)) == [False]


def test_an_answer_that_is_late_anyway_is_certain() -> None:
    assert certain("~", Stall(0.05, 0.04), Stall(0.6, 0.09)) == [True]


def test_requests_that_timed_out_during_a_stall_are_uncertain() -> None:
    assert certain("...???", Stall(0.0, 0.25)) == [False]


def test_a_request_that_was_late_because_it_was_sent_late_is_uncertain() -> None:
    """The prober may have recorded no stall, because there were many short ones."""
    assert certain("..l..") == [False]


def test_a_time_in_which_nothing_was_sent_may_hide_a_downtime() -> None:
    (only,) = lane("...---...").downtimes
    assert (only.began_s, only.duration_ms, only.requests) == (0.06, 60.0, 3)
    assert (only.reason, only.certain) == (NOT_SENT, False)


def test_an_unsent_request_is_neither_a_request_nor_a_failure() -> None:
    found = seen(requests("..--x-"))
    assert [(each.requests, each.failed, each.late) for each in found.connections] == [
        (0, 0, 0),
        (3, 1, 0),
    ]
    assert sum(spot.count for spot in found.heat.spots) == 3
    assert found.connections[1].share == pytest.approx(2 / 3)


def test_a_stall_in_a_downtime_leaves_the_rest_of_it_certain() -> None:
    found = lane("..xxx--xx..")
    assert [(d.duration_ms, d.certain) for d in found.downtimes] == [
        (60.0, True),
        (40.0, False),
        (40.0, True),
    ]
    assert (found.longest_downtime_ms, found.total_downtime_ms) == (60.0, 100.0)


def test_a_refusal_is_certain_whatever_the_prober_does() -> None:
    assert certain("xx", Stall(0.0, 0.5)) == [True]


def test_a_prober_that_ended_too_early_is_a_problem() -> None:
    assert seen(requests("."), lasted_s=14400.0, ended_on_request=False).problem == (
        "the prober's time was over after 14400 s, before the upgrade was"
    )


def test_a_failed_prober_has_no_result() -> None:
    found = failed(ASKED, "upgraded", STEPS, "it was killed")
    assert (found.connections, found.heat.columns, found.problem) == ((), 0, "it was killed")
