"""Overrides: what holds on some cells only, added to the plan or instead of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.test_cells import cells
from tests.unit.plan.texts import plan
from upgradeproof.plan import Cell, InheritedExpectations, InheritedPreflight, Preflight
from upgradeproof.plan.defects import Defect
from upgradeproof.plan.expectations import Expectations

END = 'equals = "hi"\n'
RUN = '[[override.{0}]]\nstep = "run"\nscript = "{1}"\n'


def override(text: str, select: str = '"debian-11-*"') -> tuple[str, str]:
    """Return the change that ends the plan with an override."""
    return END, f"{END}[[override]]\nselect = [{select}]\n{text}"


def found(folder: Path, *changes: tuple[str, str]) -> dict[str, Cell]:
    """Return the cells by platform and upgrade, such as ``11 1-to-2``."""
    return {
        cell.id.replace("debian-", "").replace("-amd64.container.thing-", " "): cell
        for cell in cells(plan(folder, *changes))
        if "amd64" in cell.id
    }


def scripts(cell: Cell, state: str) -> list[str]:
    return [action.title for action in cell.actions(state)]


@pytest.mark.parametrize(
    ("select", "selected"),
    [
        ("debian-11-*", {"11 1-to-2", "11 2-to-3", "11 1-to-2-to-3"}),
        ("thing-1-*", {"11 1-to-2", "12 1-to-2", "11 1-to-2-to-3", "12 1-to-2-to-3"}),
        ("debian-12-*.thing-2-to-3", {"12 2-to-3"}),
        ("*-to-2-to-*", {"11 1-to-2-to-3", "12 1-to-2-to-3"}),
    ],
)
def test_a_glob_matches_platform_upgrade_or_cell(
    tmp_path: Path, select: str, selected: set[str]
) -> None:
    chosen = found(tmp_path, override("min_uptime_s = 7\n", f'"{select}"'))
    assert {name for name, cell in chosen.items() if cell.plan.min_uptime_s == 7} == selected


def test_a_cell_that_no_override_selects_has_the_unchanged_plan(tmp_path: Path) -> None:
    read = plan(tmp_path, override("min_uptime_s = 7\n", '"debian-12-*.thing-2-to-3"'))
    assert [cell.plan is read for cell in cells(read)] == [
        *[True, True, True],
        *[True, False, False],
        *[True, False, False],  # one of their hops is selected
    ]


def test_steps_are_added_behind_those_of_the_plan(tmp_path: Path) -> None:
    more = RUN.format("install", "i") + RUN.format("steps", "s") + RUN.format("rollback", "r")
    cell = found(tmp_path, override(more))["11 2-to-3"]
    assert scripts(cell, "installed")[-3:] == ["fetch the package lists", "install thing", "i"]
    assert scripts(cell, "upgraded") == ["true", "restart thingd", "s"]
    assert scripts(cell, "rolled_back") == ["r"]


@pytest.mark.parametrize(
    ("how", "expected"),
    [("prepend", ["s", "true", "restart thingd"]), ("replace", ["s"])],
)
def test_steps_go_before_those_of_the_plan_or_instead_of_them(
    tmp_path: Path, how: str, expected: list[str]
) -> None:
    more = f'inherit.steps = "{how}"\n{RUN.format("steps", "s")}'
    cell = found(tmp_path, override(more))["11 2-to-3"]
    assert scripts(cell, "upgraded") == expected


def test_an_upgrade_via_others_has_the_steps_that_they_have(tmp_path: Path) -> None:
    more = override(RUN.format("steps", "s"), '"thing-2-to-3"')
    both = found(tmp_path, more)
    assert scripts(both["11 1-to-2-to-3"], "upgraded") == [
        *scripts(both["11 1-to-2"], "upgraded"),
        *scripts(both["11 2-to-3"], "upgraded"),
    ]
    assert scripts(both["11 2-to-3"], "upgraded") == ["true", "restart thingd", "s"]


def test_expectations_are_joined_and_the_override_wins(tmp_path: Path) -> None:
    more = (
        '[override.expect]\nservices = ["more"]\n'
        '[[override.expect.data]]\nid = "note"\nwrite = "x"\nread = "x"\nequals = "x"\n'
    )
    chosen = found(tmp_path, override(more))
    assert chosen["11 1-to-2"].expect.services == ("thingd", "more")
    assert [data.equals for data in chosen["11 1-to-2"].expect.data] == ["x"]
    assert chosen["11 1-to-2"].expect.reason_for("packages/a") == "these are upgraded"
    assert chosen["12 1-to-2"].expect.services == ("thingd",)
    assert [data.equals for data in chosen["12 1-to-2"].expect.data] == ["hi"]


def test_an_upgrade_via_others_expects_what_an_override_of_theirs_does(tmp_path: Path) -> None:
    more = override('[override.expect]\nservices = ["more"]\n', '"thing-2-to-3"')
    assert found(tmp_path, more)["11 1-to-2-to-3"].expect.services == ("thingd", "more")


def test_a_list_takes_the_place_of_that_of_plan_and_upgrade(tmp_path: Path) -> None:
    more = (
        'inherit.expect.services = "replace"\ninherit.expect.change = "replace"\n'
        '[override.expect]\nservices = ["other"]\nchange = []\n'
    )
    cell = found(tmp_path, override(more))["11 1-to-2"]
    assert cell.expect.services == ("other",)
    assert cell.expect.reason_for("packages/a") is None
    assert [data.id for data in cell.expect.data] == ["note"]


def test_a_later_override_is_applied_to_what_an_earlier_one_left(tmp_path: Path) -> None:
    more = (
        'ready_timeout_s = 1\n[override.expect]\nservices = ["first"]\n'
        '[[override]]\nselect = ["*"]\nready_timeout_s = 2\ninherit.expect.services = "replace"\n'
        '[override.expect]\nservices = ["second"]\n'
    )
    cell = found(tmp_path, override(more))["11 1-to-2"]
    assert (cell.plan.ready_timeout_s, cell.expect.services) == (2, ("second",))


def test_a_rollback_and_what_it_leaves_belong_to_the_cell(tmp_path: Path) -> None:
    more = (
        f"rollback_limit_s = 9\n{RUN.format('rollback', 'r')}"
        '[[override.allowed_changes]]\nfacts = ["files//a"]\nreason = "it stays there"\n'
    )
    chosen = found(tmp_path, override(more, '"thing-1-*"'))
    cell = chosen["11 1-to-2-to-3"]
    assert scripts(cell, "rolled_back") == ["r"]
    assert cell.upgrade.rollback_limit_s == 9
    assert cell.reason_for("rolled_back", "files//a") == "it stays there"
    assert "rolled_back" not in chosen["11 2-to-3"].states


def test_a_preflight_is_joined(tmp_path: Path) -> None:
    base = (
        '[preflight.codes]\na = "E1"\n[[preflight.space]]\npath = "/srv"\n'
        'min_mb = 1\n[[preflight.accept]]\nfindings = ["cores"]\nreason = "known here"\n'
    )
    more = (
        '[override.preflight.codes]\nb = "E2"\n[override.preflight.cores]\nmin = 2\n'
        '[[override.preflight.space]]\npath = "/srv"\nmin_mb = 2\n'
        '[[override.preflight.accept]]\nfindings = ["memory"]\nreason = "known there"\n'
    )
    end, ending = override(more)
    chosen = found(tmp_path, (end, ending.replace(END, END + base, 1)))
    asked = chosen["11 1-to-2"].plan.preflight
    assert (asked.codes, asked.cores.min) == ({"a": "E1", "b": "E2"}, 2)
    assert [(space.path, space.min_mb) for space in asked.space] == [("/srv", 2)]
    assert [accepted.findings for accepted in asked.accept] == [("cores",), ("memory",)]
    assert chosen["12 1-to-2"].plan.preflight.cores.min == 0


def test_a_defect_stays_injected_where_steps_are_replaced(tmp_path: Path) -> None:
    more = f'inherit.steps = "replace"\n{RUN.format("steps", "s")}{RUN.format("rollback", "r")}'
    defect = Defect.model_validate(
        {"title": "d", "description": "d", "steps": [{"step": "run", "script": "bad"}]}
    )
    injected = defect.injected(plan(tmp_path, override(more)))
    (cell,) = (c for c in cells(injected) if c.id == "debian-11-amd64.container.thing-1-to-2")
    assert scripts(cell, "upgraded") == ["bad", "s"]
    assert "rolled_back" not in cell.states


@pytest.mark.parametrize(
    ("model", "of"), [(InheritedExpectations, Expectations), (InheritedPreflight, Preflight)]
)
def test_every_list_can_be_replaced(
    model: type[InheritedExpectations], of: type[Expectations]
) -> None:
    joined = {
        name
        for name, field in of.model_fields.items()
        if str(field.annotation).startswith(("tuple", "collections.abc.Mapping"))
    }
    assert set(model.model_fields) == joined
