"""Old names of keys are accepted with a warning that names file, line and the new name."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from tests.unit.plan.texts import PLAN, error_of, plan, write
from upgradeproof.errors import PlanError
from upgradeproof.plan import load_plan
from upgradeproof.plan.loading import located
from upgradeproof.plan.old_names import RenamedKeyWarning

EQUALS = 'equals = "hi"\n'
OLD_KEY = 'gives = "hi"\n'
LINE = PLAN[: PLAN.index(EQUALS)].count("\n") + 1


def test_an_old_name_is_read_and_warned_of(tmp_path: Path) -> None:
    path = write(tmp_path, (EQUALS, OLD_KEY))
    with pytest.warns(RenamedKeyWarning) as caught:
        old = load_plan(path)
    assert [(w.filename, w.lineno, str(w.message)) for w in caught] == [
        (
            str(path),
            LINE,
            (
                "the key 'expect.data.0.gives' is now called 'equals'; the next release does not"
                f" accept the old name: run `upgradeproof migrate-plan {path}`"
            ),
        )
    ]
    assert old == plan(tmp_path)


def test_new_names_are_no_warning(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plan(tmp_path).expect.data[0].equals == "hi"


def test_a_file_that_is_read_twice_is_warned_of_once(tmp_path: Path) -> None:
    path = write(tmp_path, (EQUALS, OLD_KEY))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        load_plan(path)
        load_plan(path)
    assert [w.category for w in caught] == [RenamedKeyWarning]


def test_where_warnings_are_errors_the_old_name_is_an_error_of_the_plan(tmp_path: Path) -> None:
    path = write(tmp_path, (EQUALS, OLD_KEY))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert error_of(path).replace(str(path), "PLAN") == (
            "PLAN has the old name of a key, and warnings are errors\n"
            f"PLAN:{LINE}: the key 'expect.data.0.gives' is now called 'equals'\n"
            "To do: run `upgradeproof migrate-plan PLAN`"
        )


def test_both_names_in_one_table_are_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, (EQUALS, EQUALS + OLD_KEY))
    assert error_of(path) == (
        "PLAN has two names of the same key\n"
        f"PLAN:{LINE + 1}: 'expect.data.0.gives' is the old name of 'equals', which the table also"
        " has\n"
        "To do: remove the old name"
    )


@pytest.mark.filterwarnings("ignore::upgradeproof.plan.old_names.RenamedKeyWarning")
def test_an_error_in_a_key_of_the_old_name_has_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, (EQUALS, "gives = 1\n"))
    assert error_of(path) == (
        "PLAN is not a valid plan\n"
        f"PLAN:{LINE}: expect.data.0.equals: input should be a valid string, not 1"
    )
    error = located(tmp_path, "is wrong", "expect", "data", 0, "equals")
    assert isinstance(error, PlanError)
    assert error.details == f"{path}:{LINE}: expect.data.0.equals: is wrong"
