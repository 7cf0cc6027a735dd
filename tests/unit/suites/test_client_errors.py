"""A script that succeeds although its service does not run is reported, unless it always did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from suites.test_client_errors import test_no_failure_is_hidden as check
from tests.unit.suites.states import state
from upgradeproof.command import Completed
from upgradeproof.machines import Machine
from upgradeproof.results import Fidelity
from upgradeproof.runner import State

DATA: dict[str, Any] = {"id": "item", "write": "set-item a", "read": "get-item", "equals": "a"}


class Scripted:
    """A machine on which scripts fail that contain one of some words.

    A script with the word `start` starts the service again.
    """

    def __init__(self, *failing: str) -> None:
        self._failing = failing

    def run(self, script: str, **_: Any) -> Completed:
        ended, _and, asked = script.partition(" && ! systemctl --quiet is-active -- ")
        assert not asked or asked == "item.service"
        failed = any(word in ended for word in self._failing) or (asked and "start" in ended)
        status = int(bool(failed))
        return Completed(command="", exit_status=status, stdout=b"", stderr=b"", duration_s=0.0)


def on(*failing: str, services: tuple[str, ...] = ("item",), write: str = "set-item a") -> State:
    machine = cast("Machine", Scripted(*failing))
    sound = state(expect={"data": [DATA | {"write": write}], "services": services})
    fidelity = Fidelity(kernel="shared", execution="native")
    return replace(sound, fidelity=fidelity, _machine=lambda: machine)


def test_a_write_that_succeeds_without_its_service_is_reported() -> None:
    with pytest.raises(AssertionError) as caught:
        check(on("set-item", "get-item"), on("get-item"))
    text = str(caught.value).partition("\nassert ")[0]
    assert text == (
        "`set-item a`, which writes item, ends with exit status 0 while no service runs, and failed"
        " before the upgrade"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [(("-item",), ("-item",)), ((), ()), ((), ("-item",))],
)
def test_what_fails_as_before_or_can_not_be_tried_is_accepted(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    check(on(*before), on(*after))


def test_a_service_that_is_started_by_its_socket_hides_no_failure() -> None:
    new = "set-item a --start"
    check(on("set-item", write=new), on(write=new))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (on("systemctl stop"), on()),
        (on("set-item"), on("systemctl stop")),
        (on(services=()), on(services=())),
    ],
)
def test_services_that_can_not_be_stopped_prove_nothing(before: State, after: State) -> None:
    with pytest.raises(pytest.skip.Exception, match="no services, or one of them"):
        check(before, after)


def test_a_plan_without_data_proves_nothing() -> None:
    with pytest.raises(pytest.skip.Exception, match="no data"):
        check(state(), state())
