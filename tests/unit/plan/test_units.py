"""Which systemd units a plan declares, and what each is called in a state."""

from __future__ import annotations

from typing import Any

import pytest

from upgradeproof.plan import DeclaredUnit, Expectations, Preflight, unit_name
from upgradeproof.plan.steps.restart import Restart
from upgradeproof.states import STATES


def expectations(**keys: Any) -> Expectations:
    return Expectations.model_validate(keys)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("web", "web.service"),
        ("web.service", "web.service"),
        ("web.socket", "web.socket"),
        ("backup.timer", "backup.timer"),
        ("data@15-main", "data@15-main.service"),
        ("data@15-main.service", "data@15-main.service"),
        ("web8.2-fpm", "web8.2-fpm.service"),
    ],
)
def test_a_name_without_a_type_is_that_of_a_service(name: str, unit: str) -> None:
    assert unit_name(name) == unit


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ({}, "a.service", "a.service"),
        ({"change": "renamed", "to": "b.socket"}, "a.service", "b.socket"),
        ({"change": "retired"}, "a.service", None),
        ({"change": "added"}, None, "a.service"),
    ],
)
def test_a_unit_has_the_name_that_its_change_specifies(
    change: dict[str, Any], before: str | None, after: str | None
) -> None:
    unit = DeclaredUnit.model_validate({"name": "a", **change})
    assert (unit.before, unit.after) == (before, after)


@pytest.mark.parametrize(
    "keys", [{"to": "b"}, {"change": "renamed"}, {"change": "added", "to": "b"}]
)
def test_only_a_renamed_unit_has_another_name(keys: dict[str, str]) -> None:
    with pytest.raises(ValueError, match='`to` goes with change = "renamed", and only with it'):
        DeclaredUnit.model_validate({"name": "a", **keys})


def test_a_state_has_the_units_of_its_release() -> None:
    expect = expectations(
        services=["a", "b.timer"],
        service=[
            {"name": "a", "change": "renamed", "to": "c"},
            {"name": "d", "change": "retired"},
            {"name": "e", "change": "added"},
        ],
    )
    old = ("a.service", "b.timer", "d.service")
    new = ("c.service", "b.timer", "e.service")
    assert [expect.units_in(state) for state in STATES] == [old, old, new, new, old, new]
    assert expect.service_in("upgraded", "a") == expect.service_in("upgraded", "a.service")
    assert expect.service_in("upgraded", "a") == "c.service"
    assert expect.service_in("rolled_back", "a") == "a.service"
    assert expect.service_in("upgraded", "d") is None
    assert expect.service_in("upgraded", "other") == "other.service"


@pytest.mark.parametrize("name", ["a.service", "a"])
def test_a_unit_has_one_name_with_or_without_its_type(name: str) -> None:
    """So that checks of it have the same ids, and steps the same scripts."""
    found = expectations(services=[name], service=[{"name": "b", "change": "renamed", "to": name}])
    assert (found.services, found.service[0].to) == (("a",), "a")
    assert Restart(services=(name,)) == Restart(services=("a",))
    assert Preflight.model_validate({"protection": {"services": [name]}}).protection.services == (
        "a",
    )


@pytest.mark.parametrize("name", ["a.timer", "a.timer.service", "php8.2-fpm", "a@1.socket"])
def test_a_suffix_is_preserved_where_the_name_without_it_is_another_unit(name: str) -> None:
    assert expectations(services=[name]).services == (name,)


@pytest.mark.parametrize("name", ["", "it's", "a b", "$(id)", "a;b", "a/b"])
def test_an_invalid_unit_name_is_refused(name: str) -> None:
    for key, value in (("services", [name]), ("service", [{"name": name}])):
        with pytest.raises(ValueError, match=r"services?\.0"):
            expectations(**{key: value})


def test_a_unit_is_declared_once() -> None:
    with pytest.raises(ValueError, match=r"there is another service 'a\.service'"):
        expectations(service=[{"name": "a"}, {"name": "a.service"}])


def test_the_later_change_of_a_unit_wins() -> None:
    first = expectations(service=[{"name": "a", "change": "retired"}, {"name": "b"}])
    then = expectations(service=[{"name": "a.service"}])
    assert [(u.name, u.change) for u in first.merged(then).service] == [
        ("a", "kept"),
        ("b", "kept"),
    ]


@pytest.mark.parametrize(
    ("keys", "path", "expected"),
    [
        ({"change": "renamed", "to": "b"}, "services/a.service", "renamed to b.service"),
        ({"change": "renamed", "to": "b"}, "endurance/b.service", "renamed to b.service"),
        ({"change": "renamed", "to": "b"}, "services/b.service/active", None),
        ({"change": "renamed", "to": "b"}, "services/c.service", None),
        ({"change": "renamed", "to": "b"}, "packages/a.service", None),
        ({"change": "retired"}, "services/a.service/active", "retired"),
        ({"change": "added"}, "service_controls/a.service", "added"),
        ({"change": "kept"}, "services/a.service", None),
    ],
)
def test_records_of_a_unit_are_added_and_removed_as_its_change_specifies(
    keys: dict[str, str], path: str, expected: str | None
) -> None:
    found = Expectations.model_validate({"service": [{"name": "a", **keys}]}).reason_for(path)
    assert found == (expected and f"the plan declares a.service as {expected}")


def test_a_unit_has_another_name_after_the_upgrade_only_if_the_plan_declares_so() -> None:
    units = [{"name": "a", "change": "renamed", "to": "b"}, {"name": "old", "change": "retired"}]
    expect = Expectations.model_validate({"service": units})
    names = ("a.service", "old.service", "c.service")
    assert [expect.unit_after(name) for name in names] == ["b.service", None, "c.service"]
