"""Units that an administrator disabled or masked, and that an upgrade enables or starts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.probes.test_attribution import facts
from upgradeproof.probes import Difference, Facts
from upgradeproof.probes.services import Service, Services, undone

DISABLED = {"enabled": "disabled"}
CHOSEN = {"enabled": "disabled", "enabled_by_helper": True}
MASKED = {"enabled": "masked", "load": "masked", "masked_in_etc": True}
ON = {"enabled": "enabled", "active": "active"}


def unit(**fields: Any) -> dict[str, Service]:
    return {"a.service": Service.model_validate({"package": "thing", **fields})}


def states(was: Any, now: Any, version: str = "12", **more: Service) -> tuple[Facts, Facts]:
    others = {name.replace("_", "."): other for name, other in more.items()}
    after = facts(version, "2", services={**unit(**now), **others})
    return facts(services={**unit(**was)}), after


@pytest.mark.parametrize(
    ("was", "now", "done"),
    [
        (DISABLED, ON, "enabled"),
        (CHOSEN, {"enabled": "enabled", "enabled_by_helper": True}, "enabled"),
        (DISABLED, {**DISABLED, "active": "active"}, "started"),
        (MASKED, ON, "enabled"),
        (MASKED, {"enabled": "static"}, "unmasked"),
    ],
)
def test_one_package_may_not_enable_what_was_disabled(was: Any, now: Any, done: str) -> None:
    assert undone("a.service", *states(was, now)) == done


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({"enabled": "enabled"}, ON),
        ({"enabled": "static"}, {"enabled": "enabled"}),
        ({"enabled": "generated"}, ON),
        ({"enabled": "indirect"}, ON),
        ({**DISABLED, "active": "active"}, {**DISABLED, "active": "active"}),
        ({**DISABLED, "active": "active"}, {**DISABLED, "active": "inactive"}),
        (MASKED, MASKED),
        ({"enabled": "masked", "load": "masked"}, ON),  # a mask that its own package made
    ],
)
def test_any_other_change_undoes_no_decision(was: Any, now: Any) -> None:
    assert undone("a.service", *states(was, now)) == ""


@pytest.mark.parametrize(
    ("was", "now", "done"),
    [
        pytest.param(DISABLED, {**ON, "enabled_by_helper": True}, "", id="enabled from now on"),
        pytest.param(DISABLED, ON, "enabled", id="enabled without deb-systemd-helper"),
        pytest.param(CHOSEN, {**ON, "enabled_by_helper": True}, "enabled", id="had been enabled"),
        pytest.param(DISABLED, {**DISABLED, "active": "active"}, "", id="never enabled"),
        pytest.param(CHOSEN, {**CHOSEN, "active": "active"}, "started", id="started"),
        pytest.param(MASKED, ON, "enabled", id="masked"),
    ],
)
def test_a_new_release_may_enable_what_its_packages_had_left_disabled(
    was: Any, now: Any, done: str
) -> None:
    assert undone("a.service", *states(was, now, "13")) == done


def test_a_disabled_service_that_its_socket_starts_undoes_no_decision() -> None:
    socket = Service(enabled="enabled", active="active")
    started = {**DISABLED, "active": "active"}
    assert undone("a.service", *states(DISABLED, started, a_socket=socket)) == ""


@pytest.mark.parametrize("field", ["enabled", "active", "sub"])
def test_a_unit_that_was_disabled_is_enabled_by_no_package(field: str) -> None:
    line = Difference(path=f"services/a.service/{field}", before="disabled", after="enabled")
    assert Services.explain(line, *states(DISABLED, ON)) == ""
    static = states({"enabled": "static"}, ON)
    assert Services.explain(line, *static) == "the unit belongs to thing, which went from 1 to 2"


def test_the_end_of_a_mask_follows_from_no_package() -> None:
    line = Difference(path="services/a.service/load", before="masked", after="loaded")
    assert Services.explain(line, *states(MASKED, {"enabled": "static"})) == ""
