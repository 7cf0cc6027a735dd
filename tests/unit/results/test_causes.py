"""Failures that are a cause, and failures that follow from them."""

from __future__ import annotations

from upgradeproof.results import Check, Verdict
from upgradeproof.results.causes import consequences, following

FAILED, PASSED = Verdict.FAILED, Verdict.PASSED


def check(name: str, *follows: str, verdict: Verdict = FAILED) -> Check:
    return Check(id=name, verdict=verdict, follows=follows)


def test_a_failure_follows_from_the_failed_check_that_it_names() -> None:
    checks = [check("services::active[a]"), check("ports::answers[web]", "services::active*")]
    assert consequences(checks) == {"ports::answers[web]": "services::active[a]"}


def test_a_check_whose_cause_passed_is_a_cause_itself() -> None:
    checks = [
        check("services::active[a]", verdict=PASSED),
        check("ports::answers[web]", "services::active*"),
    ]
    assert consequences(checks) == {}


def test_a_passed_check_is_no_consequence() -> None:
    checks = [check("services::active"), check("ports::answers", "services::*", verdict=PASSED)]
    assert consequences(checks) == {}


def test_the_cause_is_at_the_end_of_the_chain() -> None:
    checks = [
        check("ports::answers", "services::active"),
        check("services::active", "config::accepted"),
        check("config::accepted"),
    ]
    assert consequences(checks) == {
        "ports::answers": "config::accepted",
        "services::active": "config::accepted",
    }


def test_two_checks_that_name_each_other_stay_visible() -> None:
    """A cycle must not hide every failure of a cell."""
    checks = [check("one", "two"), check("two", "one")]
    assert len(consequences(checks)) < len(checks)


def test_direct_and_indirect_consequences_of_a_check() -> None:
    checks = [
        check("ports::answers", "services::active"),
        check("services::active", "config::accepted"),
        check("config::accepted"),
        check("data::read", "packages::installed"),
    ]
    assert following(checks, ["config::accepted"]) == {"services::active", "ports::answers"}
