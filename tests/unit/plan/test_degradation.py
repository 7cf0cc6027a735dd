"""Degradations of a plan: at an existing endpoint, with two answers that differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import PLAN, error_of, plan, write

DEGRADATION = """\
[[expect.degradation]]
id = "cut-off"
endpoint = "site"
cut = "systemctl stop backend"
restore = "systemctl start backend"
contains = "from before"
not_found = "/nothing"
[expect.degradation.alert]
webhook_port = 9099
raised = "firing"
cleared = "resolved"
"""
ENDPOINT = """\
[[expect.endpoint]]
id = "site"
kind = "http"
port = 80
path = "/page"
contains = "whole"
"""
START = 1 + PLAN.splitlines().index("[[expect.data]]")
"""The line on which the degradation begins."""


def with_degradation(old: str = "", new: str = "", *, endpoint: str = ENDPOINT) -> tuple[str, str]:
    """Return a change that adds the degradation, with some of its text changed, to the plan."""
    assert not old or DEGRADATION.count(old) == 1
    text = DEGRADATION.replace(old, new) if old else DEGRADATION
    return "[[expect.data]]\n", f"{text}{endpoint}[[expect.data]]\n"


def test_a_degradation_is_read(tmp_path: Path) -> None:
    (found,) = plan(tmp_path, with_degradation()).expect.degradation
    assert (found.status, found.within_s) == (200, 30)
    assert found.alert
    assert (found.alert.webhook_port, found.alert.raised) == (9099, "firing")


def test_it_replaces_the_expected_answers_of_the_endpoint(tmp_path: Path) -> None:
    expect = plan(tmp_path, with_degradation("contains =", "status = 203\ncontains =")).expect
    (found,), (whole,) = expect.degradation, expect.endpoint
    degraded, missing = found.degraded(whole), found.missing(whole)
    assert (degraded.path, degraded.status, degraded.contains) == ("/page", 203, "from before")
    assert (missing.path, missing.status, missing.contains) == ("/nothing", 404, "")


WRONG: dict[str, tuple[tuple[str, str], *tuple[str, ...]]] = {
    "an unknown key": (
        ("not_found", "notfound"),
        f"{START}: 'expect.degradation.0.not_found' is missing",
        f"{START + 6}: unknown key 'expect.degradation.0.notfound'; did you mean 'not_found'?",
    ),
    "answers that are the same": (
        ('contains = "from before"', 'contains = ""'),
        (
            f"{START + 5}: expect.degradation.0.contains: string should have at least 1 character,"
            " not ''"
        ),
    ),
    "an alert without its end": (
        ('cleared = "resolved"\n', ""),
        f"{START + 7}: 'expect.degradation.0.alert.cleared' is missing",
    ),
    "an unknown endpoint": (
        ('endpoint = "site"', 'endpoint = "sites"'),
        (
            f"{START + 2}: expect.degradation.0.endpoint: there is no endpoint 'sites' of the kind "
            "http or https; did you mean 'site'?"
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_degradation_is_one_clear_error(name: str, tmp_path: Path) -> None:
    (old, new), *lines = WRONG[name]
    error = error_of(write(tmp_path, with_degradation(old, new)))
    assert error == "\n".join(("PLAN is not a valid plan", *(f"PLAN:{line}" for line in lines)))
