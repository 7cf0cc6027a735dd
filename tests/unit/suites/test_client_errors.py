"""A script that succeeds although its service does not run is reported, unless it always did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suites.test_client_errors import test_no_failure_is_hidden as check
from tests.unit.stub_programs import with_stub
from tests.unit.suites.states import container, state
from upgradeproof.command import Completed
from upgradeproof.probes import Facts
from upgradeproof.probes.services import Service, Services
from upgradeproof.runner import State
from upgradeproof.runner.stopped import Stopped

UNIT, PART = "item.service", "item@1.service"
SERVICE = Service(active="active", parts=(PART,))
DATA: dict[str, Any] = {"id": "item", "write": "set-item a", "read": "get-item", "equals": "a"}


class Scripted:
    """A machine on which scripts fail that contain one of some words.

    A script with the word `start` starts the service again.
    """

    def __init__(self, *failing: str) -> None:
        self._failing = failing

    def run(self, script: str, **_: Any) -> Completed:
        ended, _separator, asked = script.partition(" && ! systemctl is-active -- ")
        assert not asked or asked.startswith(f"{UNIT} {PART} | ")
        started = bool(asked) and "start" in ended
        status = int(started or any(word in ended for word in self._failing))
        return Completed(command="", exit_status=status, stdout=b"", stderr=b"", duration_s=0.0)


class Stubbed:
    """A machine that runs scripts on this host, with a stub of systemctl."""

    def __init__(self, folder: Path, active: str) -> None:
        self._folder, self._active = folder, active

    def run(self, script: str, **_: Any) -> Completed:
        body = f'echo "$*" >>{self._folder}/calls; [ "$1" = stop ] || echo {self._active}'
        done = with_stub(self._folder, "systemctl", body, script)
        return Completed(
            command="", exit_status=done.returncode, stdout=b"", stderr=b"", duration_s=0.0
        )


def having(
    machine: object, services: tuple[str, ...] = ("item",), write: str = "set-item a"
) -> State:
    expected: dict[str, Any] = {"data": [DATA | {"write": write}], "services": services}
    facts = Facts({Services.section: {UNIT: SERVICE}})
    return replace(container(machine, expect=expected), facts=facts)


def on(*failing: str, services: tuple[str, ...] = ("item",), write: str = "set-item a") -> State:
    return having(Scripted(*failing), services, write)


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
    ("active", "counts"),
    [("inactive", True), ("failed", True), ("deactivating", True), ("active", False)],
)
def test_a_success_does_not_count_where_the_service_runs_again(
    tmp_path: Path, active: str, counts: bool
) -> None:
    stopped = Stopped(having(Stubbed(tmp_path, active)))
    assert stopped.tried
    assert stopped.succeeds("true") is counts
    assert not stopped.succeeds("false")
    assert (tmp_path / "calls").read_text().splitlines()[0] == f"stop -- {UNIT} {PART}"


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
