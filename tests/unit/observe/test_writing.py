"""A draft becomes the text of a plan, with comments at the values that they explain."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from upgradeproof.errors import HarnessError
from upgradeproof.observe.writing import Draft, Entry, Noted, plan_text
from upgradeproof.plan import Plan

DRAFT = Draft(
    name="thing",
    title="Thing, from one release to the next",
    notes=("Observed on a machine.", "A second paragraph."),
    releases=(
        Entry(
            keys={"name": "1", "packages": {"thing": Noted(value="1.0-*", source="1.0-3")}},
            source="What makes a release.",
        ),
        Entry(keys={"name": "2", "packages": {"thing": "2.0-*"}}),
    ),
    install=(Entry(keys={"step": "apt-install", "packages": ("thing",)}),),
    upgrade=Entry(keys={"from": "1", "to": "2", "platforms": ("old-*",)}),
    steps=(
        Entry(
            keys={"step": "run", "title": "do it", "script": "first\nsecond\n"},
            source="why this is done",
        ),
    ),
    services=(
        Noted(value="thing", source="of the package thing"),
        Noted(value="thing-reload.timer"),
    ),
    expect={
        "port": (Entry(keys={"port": 7, "process": "thingd", "protocol": ""}, source="on [::]"),),
        "endpoint": (Entry(keys={"id": "thing", "kind": "tcp", "port": 7}),),
    },
    left_out=("udp port 9: no process holds it",),
)
TEXT = """\
# Observed on a machine.
# A second paragraph.
name = "thing"
title = "Thing, from one release to the next"

# What makes a release.
[[release]]
name = "1"
[release.packages]
thing = "1.0-*"  # 1.0-3

[[release]]
name = "2"
[release.packages]
thing = "2.0-*"

[[install]]
step = "apt-install"
packages = ["thing"]

[[upgrade]]
from = "1"
to = "2"
platforms = ["old-*"]

# why this is done
[[upgrade.steps]]
step = "run"
title = "do it"
script = '''
first
second
'''

[expect]
services = [
  "thing",  # of the package thing
  "thing-reload.timer",
]

# on [::]
[[expect.port]]
port = 7
process = "thingd"

[[expect.endpoint]]
id = "thing"
kind = "tcp"
port = 7

# - udp port 9: no process holds it
"""


def test_a_draft_becomes_the_text_of_a_plan() -> None:
    assert plan_text(DRAFT) == TEXT


def test_further_keys_are_part_of_the_plan_that_is_validated() -> None:
    text = plan_text(replace(DRAFT, keys={"captured": "captured.json"}))
    assert 'next"\ncaptured = "captured.json"\n\n# What makes' in text
    with pytest.raises(HarnessError, match="does not give a valid plan"):
        plan_text(replace(DRAFT, keys={"no_such_key": 1}))


def test_a_draft_without_an_expectation_is_a_plan() -> None:
    text = plan_text(replace(DRAFT, notes=(), services=(), expect={}, left_out=()))
    assert text.startswith('name = "thing"\n')
    assert text.endswith("second\n'''\n")
    assert Plan.model_validate(tomllib.loads(text)).name == "thing"


@pytest.mark.parametrize(
    "script", ["a\nprintf '''\n", "a\nb '", "a\n\x1b[0m\n", 'a\n\\d "q" """\n', "ü\tb\n\n"]
)
def test_a_script_is_written_unchanged(script: str) -> None:
    step = Entry(keys={"step": "run", "script": script})
    plan = Plan.model_validate(tomllib.loads(plan_text(replace(DRAFT, steps=(step,)))))
    (found,) = plan.upgrade[0].steps
    assert found.model_dump()["script"] == script


def test_a_key_that_is_no_bare_key_is_quoted() -> None:
    release = Entry(keys={"name": "1", "packages": {"libstdc++6": "1*"}})
    text = plan_text(replace(DRAFT, releases=(release, DRAFT.releases[1])))
    assert '"libstdc++6" = "1*"\n' in text


def test_a_long_comment_is_wrapped_and_stays_a_comment() -> None:
    text = plan_text(replace(DRAFT, left_out=("word " * 40 + "end\nsecond line",)))
    lines = text.partition("port = 7\n\n# - ")[2].splitlines()
    assert [len(line) <= 100 for line in lines] == [True] * 4
    assert lines[1].startswith("#   word")
    assert lines[-1] == "# - second line"


def test_the_comment_of_a_value_is_one_line() -> None:
    text = plan_text(replace(DRAFT, services=(Noted(value="thing", source="one\ntwo"),)))
    assert '  "thing",  # one two\n' in text


def test_an_invalid_draft_is_an_error_of_the_harness() -> None:
    with pytest.raises(HarnessError) as raised:
        plan_text(replace(DRAFT, releases=DRAFT.releases[:1]))
    assert raised.value.brief == "what was observed of thing does not give a valid plan"
    assert "release" in raised.value.details
