"""Disruptions of a plan: bounded, and of an endpoint that can be asked all the while."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import PLAN, error_of, plan, write
from upgradeproof.plan import Disruption, Expectations

DISRUPTION = """\
[[expect.disruption]]
endpoint = "site"
answer_timeout_ms = 500
max_downtime_ms = 2000
max_total_downtime_ms = 3000
"""
ENDPOINT = '[[expect.endpoint]]\nid = "site"\nkind = "tcp"\nport = 80\nsend = "PING"\n'
START = 1 + PLAN.splitlines().index("[[expect.data]]")
"""The line on which the disruption begins."""


def spoilt(*changes: tuple[str, str], endpoint: str = ENDPOINT, more: str = "") -> tuple[str, str]:
    """Return a change that adds the disruption, with some of its text changed, to the plan."""
    text = DISRUPTION
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return "[[expect.data]]\n", f"{text}{more}{endpoint}[[expect.data]]\n"


def test_a_disruption_is_read(tmp_path: Path) -> None:
    (found,) = plan(tmp_path, spoilt()).expect.disruption
    assert (
        found.rate_per_s,
        found.answer_timeout_ms,
        found.max_downtime_ms,
        found.max_total_downtime_ms,
    ) == (
        50,
        500,
        2000,
        3000,
    )


WRONG: dict[str, tuple[tuple[str, str], str]] = {
    "too few requests to see a downtime": (
        ("answer_timeout_ms = 500", "rate_per_s = 20"),
        (
            f"{START + 2}: expect.disruption.0.rate_per_s: input should be greater than or equal "
            "to 50, not 20"
        ),
    ),
    "no bound of the rate": (
        ("answer_timeout_ms = 500", "rate_per_s = 5000"),
        (
            f"{START + 2}: expect.disruption.0.rate_per_s: input should be less than or equal to "
            "500, not 5000"
        ),
    ),
    "more requests than may wait": (
        ("answer_timeout_ms = 500", "rate_per_s = 200\nanswer_timeout_ms = 4000"),
        (
            f"{START}: expect.disruption.0: 400 requests would be due before one of them is "
            "late, at most 250 may: lower `rate_per_s` or `answer_timeout_ms`"
        ),
    ),
    "a total below the longest downtime": (
        ("max_total_downtime_ms = 3000", "max_total_downtime_ms = 1000"),
        f"{START}: expect.disruption.0: `max_total_downtime_ms` is less than `max_downtime_ms`",
    ),
    "no budget": (
        ("max_downtime_ms = 2000\n", ""),
        f"{START}: 'expect.disruption.0.max_downtime_ms' is missing",
    ),
    "an unknown endpoint": (
        ('endpoint = "site"', 'endpoint = "sites"'),
        (
            f"{START + 1}: expect.disruption.0.endpoint: there is no endpoint 'sites' of the kind "
            "http, https or tcp; did you mean 'site'?"
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_disruption_is_one_clear_error(name: str, tmp_path: Path) -> None:
    change, line = WRONG[name]
    assert error_of(write(tmp_path, spoilt(change))) == f"PLAN is not a valid plan\nPLAN:{line}"


def test_an_endpoint_is_disrupted_once(tmp_path: Path) -> None:
    assert (
        f"PLAN:{START + 6}: expect.disruption.1.endpoint: there is another disruption of 'site'"
    ) in error_of(write(tmp_path, spoilt(more=DISRUPTION)))


def test_an_endpoint_of_the_kind_ssh_is_not_asked_all_the_while(tmp_path: Path) -> None:
    error = error_of(write(tmp_path, spoilt(endpoint=ENDPOINT.replace('"tcp"', '"ssh"'))))
    assert "there is no endpoint 'site' of the kind http, https or tcp; there is none" in error


def test_a_connection_that_stays_open_needs_something_to_ask_with(tmp_path: Path) -> None:
    error = error_of(write(tmp_path, spoilt(endpoint=ENDPOINT.replace('send = "PING"\n', ""))))
    assert "'site' has no `send`, which is sent over persistent connections" in error


def test_a_disruption_of_an_upgrade_asks_an_endpoint_of_the_plan(tmp_path: Path) -> None:
    own = DISRUPTION.replace("[[expect", "[[upgrade.expect")
    both = (
        ("[[expect.data]]\n", f"{ENDPOINT}[[expect.data]]\n"),
        ('via = ["2"]\nplatforms = ["*"]\n', f'via = ["2"]\nplatforms = ["*"]\n{own}'),
    )
    assert plan(tmp_path, *both).upgrade[2].expect.disruption[0].endpoint == "site"
    wrong = (both[0], (both[1][0], both[1][1].replace('"site"', '"page"')))
    assert "upgrade.2.expect.disruption.0.endpoint: there is no endpoint 'page'" in error_of(
        write(tmp_path, *wrong)
    )


def test_the_more_special_budget_wins() -> None:
    general, special = (
        Expectations(
            disruption=(Disruption(endpoint="site", max_downtime_ms=ms, max_total_downtime_ms=ms),)
        )
        for ms in (1000, 50)
    )
    assert [d.max_downtime_ms for d in general.merged(special).disruption] == [50]
