"""Lighthouse's circuit breaker: when it opens, which calls it admits, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.packaging.lighthouse.conftest import RETRY_AFTER_S, Clock, Load


@dataclass
class Breaker:
    """A breaker with a clock of the test, and the list of its reports."""

    load: Load
    clock: Clock = field(default_factory=Clock)
    reports: list[tuple[bool, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.real = self.load("breaker").Breaker(
            lambda *what: self.reports.append(what), self.clock
        )

    def fails(self, times: int) -> None:
        for at in range(times):
            self.real.failed(f"refused {at}")


def test_a_breaker_opens_after_five_failures_in_a_row(load: Load) -> None:
    breaker = Breaker(load)
    breaker.fails(4)
    breaker.real.succeeded()
    breaker.fails(4)
    assert (breaker.real.state, breaker.real.admits(), breaker.reports) == ("closed", True, [])
    breaker.fails(1)
    assert (breaker.real.state, breaker.real.admits()) == ("open", False)
    assert breaker.reports == [(True, "refused 0")]


def test_an_open_breaker_admits_one_call(load: Load) -> None:
    breaker = Breaker(load)
    breaker.fails(5)
    breaker.clock.now = RETRY_AFTER_S - 0.1
    assert not breaker.real.admits()
    breaker.clock.now = RETRY_AFTER_S
    assert [breaker.real.admits() for _ in range(3)] == [True, False, False]
    assert breaker.real.state == "half-open"


def test_a_trial_that_fails_keeps_it_open_and_is_not_reported_again(load: Load) -> None:
    breaker = Breaker(load)
    breaker.fails(5)
    breaker.clock.now = RETRY_AFTER_S
    breaker.real.admits()
    breaker.fails(1)
    breaker.clock.now = RETRY_AFTER_S + 2.9
    assert (breaker.real.state, breaker.real.admits(), len(breaker.reports)) == ("open", False, 1)


def test_a_trial_that_succeeds_closes_it_and_is_reported(load: Load) -> None:
    breaker = Breaker(load)
    breaker.fails(5)
    breaker.clock.now = RETRY_AFTER_S
    breaker.real.admits()
    breaker.real.succeeded()
    assert (breaker.real.state, breaker.real.admits()) == ("closed", True)
    assert breaker.reports[1:] == [(False, "it answers again")]
    breaker.fails(4)
    assert breaker.real.state == "closed"


def test_failures_of_calls_from_before_it_opened_do_not_prolong_it(load: Load) -> None:
    breaker = Breaker(load)
    breaker.fails(5)
    breaker.clock.now = 2.0
    breaker.fails(5)
    breaker.clock.now = RETRY_AFTER_S
    assert (breaker.real.admits(), len(breaker.reports)) == (True, 1)
