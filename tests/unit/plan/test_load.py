"""Loads of a plan: bounded, of one model, and at an existing endpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.texts import PLAN, error_of, plan, write

LOAD = """\
[[expect.load]]
id = "pages"
locustfile = "pages.py"
endpoint = "site"
model = "open"
users = 100
rate_per_s = 50
duration_s = 20
[expect.load.target]
p99_ms = 250
p99_ratio = 1.25
"""
ENDPOINT = '[[expect.endpoint]]\nid = "site"\nkind = "http"\nport = 80\n'
START = 1 + PLAN.splitlines().index("[[expect.data]]")
"""The line on which the load begins."""


def with_load(*changes: tuple[str, str], endpoint: str = ENDPOINT) -> tuple[str, str]:
    """Return a change that adds the load, with some of its text changed, to the plan."""
    text = LOAD
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return "[[expect.data]]\n", f"{text}{endpoint}[[expect.data]]\n"


def test_a_load_is_read(tmp_path: Path) -> None:
    (load,) = plan(tmp_path, with_load()).expect.load
    assert (load.rate_per_s, load.answer_timeout_s, load.processes) == (50, 10, 1)
    target = load.target
    assert (target.success, target.p95_ms, target.p99_ms) == (0.999, None, 250)
    assert (target.min_repeats, target.max_repeats) == (6, 12)


WRONG: dict[str, tuple[tuple[str, str], *tuple[str, ...]]] = {
    "an unknown key": (
        ("duration_s", "duration"),
        f"{START}: 'expect.load.0.duration_s' is missing",
        f"{START + 7}: unknown key 'expect.load.0.duration'; did you mean 'duration_s'?",
    ),
    "an unknown target": (
        ("p99_ms", "p99"),
        f"{START + 9}: unknown key 'expect.load.0.target.p99'; did you mean 'p99_ms'?",
    ),
    "a rate without the open model": (
        ('model = "open"', 'model = "closed"'),
        f'{START}: expect.load.0: `rate_per_s` goes with model = "open", and only with it',
    ),
    "a throughput that the rate sets": (
        ("p99_ratio = 1.25", "throughput_ratio = 0.9"),
        (
            f"{START}: expect.load.0: `throughput_ratio` goes with the closed model: the open one "
            "sets it"
        ),
    ),
    "users who start after the end": (
        ("users = 100", "users = 1000"),
        (f"{START}: expect.load.0: the warm-up ends before all users have started: they take 10 s"),
    ),
    "a load without a bound": (
        ("duration_s = 20", "duration_s = 86400"),
        (
            f"{START + 7}: expect.load.0.duration_s: input should be less than or equal to 600, "
            "not 86400"
        ),
    ),
    "too few repeats": (
        ("p99_ms = 250", "min_repeats = 3"),
        (
            f"{START + 9}: expect.load.0.target.min_repeats: input should be greater than or "
            "equal to 6, not 3"
        ),
    ),
    "a maximum of repeats below the minimum": (
        ("p99_ms = 250", "min_repeats = 13"),
        f"{START + 8}: expect.load.0.target: `max_repeats` is less than `min_repeats`",
    ),
    "a budget within the noise": (
        ("p99_ratio = 1.25", "p99_ratio = 1.0"),
        (f"{START + 10}: expect.load.0.target.p99_ratio: input should be greater than 1, not 1.0"),
    ),
    "both processes and workers": (
        ("users = 100", 'users = 100\nprocesses = 2\nworkers = ["load-1"]'),
        f"{START}: expect.load.0: `processes` run on this host: they can't be used with `workers`",
    ),
    "more processes than users": (
        ("users = 100", "users = 1\nprocesses = 2"),
        f"{START}: expect.load.0: there are more processes or workers than users",
    ),
    "a worker that ssh would take for an option": (
        ("users = 100", 'users = 100\nworkers = ["-oProxyCommand=x"]'),
        (
            f"{START + 6}: expect.load.0.workers.0: string should match pattern "
            "'^[A-Za-z0-9][A-Za-z0-9@._-]*$', not '-oProxyCommand=x'"
        ),
    ),
    "an unknown endpoint": (
        ('endpoint = "site"', 'endpoint = "sites"'),
        (
            f"{START + 3}: expect.load.0.endpoint: there is no endpoint 'sites' of the kind http, "
            "https or tcp; did you mean 'site'?"
        ),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_load_is_one_clear_error(name: str, tmp_path: Path) -> None:
    change, *lines = WRONG[name]
    error = error_of(write(tmp_path, with_load(change)))
    assert error == "\n".join(("PLAN is not a valid plan", *(f"PLAN:{line}" for line in lines)))


def test_a_load_does_not_log_in(tmp_path: Path) -> None:
    by_ssh = ENDPOINT.replace("http", "ssh") + 'send = "true"\n'
    error = error_of(write(tmp_path, with_load(endpoint=by_ssh)))
    assert "there is no endpoint 'site' of the kind http, https or tcp; there is none" in error


def test_a_load_of_an_upgrade_asks_an_endpoint_of_the_plan(tmp_path: Path) -> None:
    own = LOAD.replace("[expect.load.target]", "[upgrade.expect.load.target]")
    own = own.replace("[[expect.load]]", "[[upgrade.expect.load]]")
    both = (
        ("[[expect.data]]\n", f"{ENDPOINT}[[expect.data]]\n"),
        ('via = ["2"]\nplatforms = ["*"]\n', f'via = ["2"]\nplatforms = ["*"]\n{own}'),
    )
    assert plan(tmp_path, *both).upgrade[2].expect.load[0].id == "pages"
    wrong = (both[0], (both[1][0], both[1][1].replace('"site"', '"page"')))
    assert "upgrade.2.expect.load.0.endpoint: there is no endpoint 'page'" in error_of(
        write(tmp_path, *wrong)
    )
