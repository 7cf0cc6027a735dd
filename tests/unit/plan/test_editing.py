"""An expected change is added next to others of its kind, and every other line is unchanged."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.plan.editing import Place, add_change, add_keys, add_table, block

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


def test_without_any_expected_change_it_is_added_at_the_end_of_expect() -> None:
    assert add_change(FLAT, Place(), FACTS, REASON) == f"{FLAT}\n{ADDED.format('expect.change')}"


def test_below_an_upgrade_it_is_added_before_the_comment_of_the_next_one() -> None:
    remark = "# a remark that belongs to the step\n"
    assert add_change(FLAT, Place(upgrade=0), FACTS, REASON) == FLAT.replace(
        remark, f"{remark}\n{ADDED.format('upgrade.expect.change')}"
    )


def test_it_is_added_after_the_last_one_of_the_same_upgrade() -> None:
    last = 'reason = "of the second upgrade"\n'
    assert add_change(FLAT, Place(upgrade=1), FACTS, REASON) == FLAT.replace(
        last, f"{last}\n{ADDED.format('upgrade.expect.change')}"
    )


def test_a_change_that_a_rollback_leaves_is_added_below_its_upgrade() -> None:
    last = 'reason = "of the second upgrade"\n'
    place = Place(upgrade=1, key="allowed_changes")
    assert add_change(FLAT, place, FACTS, REASON) == FLAT.replace(
        last, f"{last}\n{ADDED.format('upgrade.allowed_changes')}"
    )


OVERRIDE = """
# Only there.
[[override]]
select = ["debian-*"]

[[override.expect.change]]
facts = ["a/b"]
reason = "of these cells"
# the end
"""
FOR_SOME = Place(select=("debian-*",))


def test_for_some_cells_it_is_added_in_a_new_override() -> None:
    assert add_change(FLAT, FOR_SOME, FACTS, REASON) == (
        f'{FLAT}\n[[override]]\nselect = ["debian-*"]\n\n{ADDED.format("override.expect.change")}'
    )


def test_for_the_same_cells_again_it_is_added_to_the_same_override() -> None:
    other = OVERRIDE.replace("debian", "other").replace("# the end\n", "")
    text = FLAT + OVERRIDE.replace("# the end\n", "") + other
    reason = 'reason = "of these cells"\n'
    first = text.index(reason) + len(reason)
    assert add_change(text, FOR_SOME, FACTS, REASON) == (
        f"{text[:first]}\n{ADDED.format('override.expect.change')}{text[first:]}"
    )


def test_an_override_for_other_cells_is_added_after_the_last_one() -> None:
    added = add_change(FLAT + OVERRIDE, Place(select=("*.vm",)), FACTS, REASON)
    new = f'\n[[override]]\nselect = ["*.vm"]\n\n{ADDED.format("override.expect.change")}'
    assert added == FLAT + OVERRIDE + new


def test_a_change_that_a_rollback_leaves_on_some_cells_is_added_in_an_override() -> None:
    place = Place(select=("debian-*",), key="allowed_changes")
    added = add_change(FLAT + OVERRIDE, place, FACTS, REASON)
    assert added == FLAT + OVERRIDE + f"\n{ADDED.format('override.allowed_changes')}"


def test_overrides_that_are_written_inline_get_the_change_inline() -> None:
    text = 'override = [{ select = ["debian-*"], min_uptime_s = 5 }]\n'
    change = '{facts = ["a/b"], reason = "it is right"}'
    assert add_change(text, FOR_SOME, ["a/b"], "it is right") == (
        'override = [{ select = ["debian-*"], min_uptime_s = 5, expect = {change = '
        f"[{change}]}}}}]\n"
    )


def test_each_of_many_cells_is_on_its_own_line() -> None:
    cells = tuple(f"debian-{n}-amd64.container.thing-1-to-2" for n in (11, 12, 13))
    added = add_change(FLAT, Place(select=cells), FACTS, REASON)
    assert tomllib.loads(added)["override"][0]["select"] == list(cells)
    assert max(map(len, added.splitlines())) <= 100


def test_a_table_can_be_added_to_any_list_with_its_comment() -> None:
    new = '# asked\n[[expect.endpoint]]\nid = "web"\nport = 7777\n'
    assert add_table(FLAT, Place(key="expect.endpoint"), new) == f"{FLAT}\n{new}"


CONFIGS = """[[expect.config]]
path = "/etc/a"

# The second one.
[[expect.config]]
path = "/etc/b" # this one
# a remark

[[expect.port]]
port = 1
"""


def test_keys_are_added_to_one_table_of_a_list() -> None:
    added = add_keys(CONFIGS, Place(key="expect.config"), 1, {"check": "b -t"})
    line = 'path = "/etc/b" # this one\n'
    assert added == CONFIGS.replace(line, f'{line}check = "b -t"\n')


def test_keys_are_not_added_to_a_table_that_is_written_inline() -> None:
    text = '[expect]\nconfig = [{ path = "/etc/a" }]\n'
    with pytest.raises(PlanError) as caught:
        add_keys(text, Place(key="expect.config"), 0, {"check": "a -t"})
    assert str(caught.value) == (
        "check can't be added to [[expect.config]], which has no lines of its own\n"
        "To do: write it into the plan yourself"
    )


def test_a_plan_without_expect_gets_it_at_its_end() -> None:
    assert add_change('name = "x"', Place(), FACTS, REASON) == (
        f'name = "x"\n\n{ADDED.format("expect.change")}'
    )


def test_windows_line_endings_are_preserved() -> None:
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


def test_a_table_header_in_a_multi_line_string_is_ignored() -> None:
    text = "[expect]\nservices = []\n\n[[upgrade]]\nscript = '''\n[expect.x]\n'''\n"
    added = add_change(text, Place(), ["a/b"], "it is right")
    assert added == text.replace(
        "services = []\n",
        'services = []\n\n[[expect.change]]\nfacts = ["a/b"]\nreason = "it is right"\n',
    )


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("key", ["expect.change", "allowed_changes"])
def test_changes_can_be_added_to_every_plan_of_the_products(path: Path, key: str) -> None:
    text = path.read_text(encoding="utf-8")
    upgrades = range(len(tomllib.loads(text)["upgrade"]))
    places = [Place(upgrade=at, key=key) for at in upgrades]
    for place in places if key == "allowed_changes" else [Place(), *places]:
        added = add_change(text, place, FACTS, REASON)
        assert [line for line in added.splitlines() if line in ADDED.format(place.table)]
        assert tomllib.loads(added) != tomllib.loads(text)


def test_each_of_many_globs_is_on_its_own_line() -> None:
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


def test_a_list_of_the_old_name_is_migrated_first() -> None:
    old = FLAT.replace("[[upgrade.expect.change]]", "[[upgrade.left_behind]]")
    assert tomllib.loads(old)["upgrade"][1]["left_behind"]
    with pytest.raises(PlanError) as caught:
        add_change(old, Place(upgrade=1, key="allowed_changes"), FACTS, REASON)
    assert str(caught.value) == (
        "the plan has 'upgrade.1.left_behind', which is now called 'allowed_changes', and nothing"
        " was written\nTo do: run `upgradeproof migrate-plan` with the plan first"
    )
    assert tomllib.loads(add_change(old, Place(), FACTS, REASON))["expect"]["change"]
