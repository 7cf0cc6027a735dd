"""An expected change goes where its kind stands, and every other line of the plan stays."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.plan.editing import Place, add_change, block

ROOT = Path(__file__).parents[3]
PLANS = sorted(ROOT.glob("products/*/upgrade.toml"))
FACTS, REASON = ("users/deploy", "files//etc/x*"), 'the deployment "makes" it'
ADDED = """\
[[{}]]
facts = ["users/deploy", "files//etc/x*"]
reason = "the deployment \\"makes\\" it"
"""
FLAT = """\
# A plan.
name = "thing"

# From 1 to 2.
[[upgrade]]
from = "1" # the old one

[[upgrade.steps]]
step = "run"
# a remark that belongs to the step

# From 2 to 3.
[[upgrade]]
from = "2"

[[upgrade.expect.change]]
facts = ["a/b"]
reason = "of the second upgrade"

# What must hold.
[expect]
services = ["cron"]
"""


def test_without_any_expected_change_it_stands_at_the_end_of_expect() -> None:
    assert add_change(FLAT, Place(), FACTS, REASON) == f"{FLAT}\n{ADDED.format('expect.change')}"


def test_below_an_upgrade_it_stands_before_the_comment_of_the_next_one() -> None:
    remark = "# a remark that belongs to the step\n"
    assert add_change(FLAT, Place(upgrade=0), FACTS, REASON) == FLAT.replace(
        remark, f"{remark}\n{ADDED.format('upgrade.expect.change')}"
    )


def test_it_stands_behind_the_last_one_of_the_same_upgrade() -> None:
    last = 'reason = "of the second upgrade"\n'
    assert add_change(FLAT, Place(upgrade=1), FACTS, REASON) == FLAT.replace(
        last, f"{last}\n{ADDED.format('upgrade.expect.change')}"
    )


def test_what_a_rollback_leaves_behind_stands_below_its_upgrade() -> None:
    last = 'reason = "of the second upgrade"\n'
    place = Place(upgrade=1, key="left_behind")
    assert add_change(FLAT, place, FACTS, REASON) == FLAT.replace(
        last, f"{last}\n{ADDED.format('upgrade.left_behind')}"
    )


def test_a_plan_without_expect_gets_it_at_its_end() -> None:
    assert add_change('name = "x"', Place(), FACTS, REASON) == (
        f'name = "x"\n\n{ADDED.format("expect.change")}'
    )


def test_line_ends_of_windows_stay() -> None:
    text = FLAT.replace("\n", "\r\n")
    added = add_change(text, Place(), FACTS, REASON)
    assert added == text + f"\n{ADDED.format('expect.change')}".replace("\n", "\r\n")


def test_an_inline_table_gets_the_change_inline() -> None:
    text = 'expect = { services = ["cron"] } # one line\n'
    added = add_change(text, Place(), ["a/b"], "it is right")
    assert added == (
        'expect = { services = ["cron"], change = [{facts = ["a/b"], reason = "it is right"}]}'
        " # one line\n"
    )


def test_an_array_with_comments_gets_one_line_more() -> None:
    text = """\
[expect]
change = [
  { facts = ["x/y"], reason = "known before" }, # why
]
modules = []
"""
    last = "# why\n"
    assert add_change(text, Place(), ["a/b"], "it is right") == text.replace(
        last, f'{last}  {{facts = ["a/b"], reason = "it is right"}},\n'
    )


def test_a_table_in_a_long_string_is_no_table() -> None:
    text = "[expect]\nservices = []\n\n[[upgrade]]\nscript = '''\n[expect.x]\n'''\n"
    added = add_change(text, Place(), ["a/b"], "it is right")
    assert added == text.replace(
        "services = []\n",
        'services = []\n\n[[expect.change]]\nfacts = ["a/b"]\nreason = "it is right"\n',
    )


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("key", ["expect.change", "left_behind"])
def test_the_plans_of_the_products_can_be_added_to_everywhere(path: Path, key: str) -> None:
    text = path.read_text(encoding="utf-8")
    upgrades = range(len(tomllib.loads(text)["upgrade"]))
    places = [Place(upgrade=at, key=key) for at in upgrades]
    for place in places if key == "left_behind" else [Place(), *places]:
        added = add_change(text, place, FACTS, REASON)
        assert [line for line in added.splitlines() if line in ADDED.format(place.table)]
        assert tomllib.loads(added) != tomllib.loads(text)


def test_many_globs_have_a_line_each() -> None:
    globs = [f"files//etc/a/long/path/of/number/{i}" for i in range(3)]
    assert block("[[expect.change]]", globs, "it is right") == (
        "[[expect.change]]\nfacts = [\n"
        '  "files//etc/a/long/path/of/number/0",\n'
        '  "files//etc/a/long/path/of/number/1",\n'
        '  "files//etc/a/long/path/of/number/2",\n'
        ']\nreason = "it is right"\n'
    )


def test_broken_toml_is_one_clear_error() -> None:
    with pytest.raises(PlanError) as caught:
        add_change("name = ", Place(), FACTS, REASON)
    assert str(caught.value) == ("the plan is not TOML: Invalid value (at end of document)")
