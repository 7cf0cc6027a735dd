"""A wrong override is one clear error: line, key, what was expected, the nearest valid name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.test_cells import error
from tests.unit.plan.test_overrides import END, RUN, override
from tests.unit.plan.texts import PLAN, error_of, plan, write

LINE = len(PLAN.splitlines()) + 1
"""The line on which an override begins."""

WRONG = {
    "an unknown key": (
        'install_steps = "x"\n',
        f"{LINE + 2}: unknown key 'override.0.install_steps'; did you mean 'install'?",
    ),
    "an unknown key of a step": (
        '[[override.steps]]\nstep = "run"\nscrip = "x"\n',
        f"{LINE + 2}: 'override.0.steps.0.script' is missing",
        f"{LINE + 4}: unknown key 'override.0.steps.0.scrip'; did you mean 'script'?",
    ),
    "an unknown kind of step": (
        '[[override.install]]\nstep = "cpoy"\n',
        f"{LINE + 3}: override.0.install.0.step: unknown step 'cpoy'; did you mean 'copy'?",
    ),
    "an unknown key of an expectation": (
        '[[override.expect.port]]\nport = 80\nproces = "x"\n',
        f"{LINE + 4}: unknown key 'override.0.expect.port.0.proces'; did you mean 'process'?",
    ),
    "an unknown list": (
        'inherit.expect.servces = "replace"\n',
        f"{LINE + 2}: unknown key 'override.0.inherit.expect.servces'; did you mean 'services'?",
    ),
    "an unknown way to join": (
        'inherit.steps = "add"\n[[override.steps]]\nstep = "reboot"\n',
        (
            f"{LINE + 2}: override.0.inherit.steps: input should be 'append', 'prepend' or "
            "'replace', not 'add'"
        ),
    ),
    "a list that is not given": (
        'inherit.expect.services = "replace"\n',
        (
            f"{LINE + 2}: override.0.inherit.expect.services: this override has no "
            "`expect.services`: to remove the plan's, write an empty list"
        ),
    ),
    "an endpoint that is nowhere": (
        (
            '[[override.expect.disruption]]\nendpoint = "web"\nmax_downtime_ms = 1\n'
            "max_total_downtime_ms = 1\n"
        ),
        (
            f"{LINE + 3}: override.0.expect.disruption.0.endpoint: there is no endpoint 'web' of "
            "the kind http, https or tcp; there is none"
        ),
    ),
    "nothing to publish": (
        '[[override.install]]\nstep = "apt-repository"\n',
        f"{LINE + 2}: override.0.install.0: there is no [packages] to publish",
    ),
    "a wrong limit": (
        "min_uptime_s = 500\n",
        f"{LINE + 2}: override.0.min_uptime_s: input should be less than or equal to 120, not 500",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_error_for_a_wrong_override_has_line_and_key(tmp_path: Path, name: str) -> None:
    text, *problems = WRONG[name]
    lines = error_of(write(tmp_path, override(text))).splitlines()
    assert lines == ["PLAN is not a valid plan", *(f"PLAN:{problem}" for problem in problems)]


def test_an_override_selects_something(tmp_path: Path) -> None:
    lines = error_of(write(tmp_path, (END, f"{END}[[override]]\nmin_uptime_s = 1\n"))).splitlines()
    assert lines[1:] == [f"PLAN:{LINE}: 'override.0.select' is missing"]


ON_CELLS = {
    "a glob that fits nothing": (
        ("min_uptime_s = 1\n", '"*", "debain-12-amd64.container"'),
        (
            f"{LINE + 1}: override.0.select: 'debain-12-amd64.container' fits no platform, no "
            "upgrade and no cell; did you mean 'debian-12-amd64.container'?"
        ),
    ),
    "steps for no upgrade with steps": (
        (RUN.format("steps", "s"), '"thing-1-to-2-to-3"'),
        (
            f"{LINE + 2}: override.0.steps: no selected upgrade has steps of its own, so these "
            "have no effect"
        ),
    ),
    "what a rollback leaves where there is none": (
        (
            '[[override.allowed_changes]]\nfacts = ["files/a"]\nreason = "it stays there"\n',
            '"thing-1-to-2"',
        ),
        (
            f"{LINE + 2}: override.0.allowed_changes: thing-1-to-2 has no steps of a rollback, "
            "with which allowed_changes goes"
        ),
    ),
    "a limit of a rollback where there is none": (
        ("rollback_limit_s = 5\n", '"thing-1-to-2"'),
        (
            f"{LINE + 2}: override.0.rollback_limit_s: thing-1-to-2 has no steps of a rollback, "
            "with which rollback_limit_s goes"
        ),
    ),
}


@pytest.mark.parametrize("name", ON_CELLS)
def test_the_error_for_an_override_that_does_not_fit_its_cells_has_its_line(
    tmp_path: Path, name: str
) -> None:
    (text, select), problem = ON_CELLS[name]
    path = tmp_path / "upgrade.toml"
    assert error(plan(tmp_path, override(text, select))) == (
        f"{path} is not a valid plan\n{path}:{problem}"
    )


def test_an_override_must_not_remove_an_endpoint_in_use(tmp_path: Path) -> None:
    asked = (
        '[[expect.endpoint]]\nid = "web"\nkind = "http"\nport = 80\n'
        '[[expect.disruption]]\nendpoint = "web"\nmax_downtime_ms = 1\nmax_total_downtime_ms = 1\n'
    )
    text = 'inherit.expect.endpoint = "replace"\n[override.expect]\nendpoint = []\n'
    end, ending = override(text)
    spoilt = plan(tmp_path, (end, ending.replace(END, END + asked, 1)))
    line = LINE + len(asked.splitlines()) + 3
    assert error(spoilt).splitlines()[1:] == [
        (
            f"{tmp_path}/upgrade.toml:{line}: override.0.expect: in thing-1-to-2: there is no "
            "endpoint 'web' of the kind http, https or tcp; there is none"
        )
    ]
