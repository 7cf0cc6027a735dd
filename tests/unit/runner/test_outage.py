"""An outage: its effects on clients are reported; errors of the environment are broken."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runner.fakes import IMAGE, FolderMachine
from tests.unit.runner.world import cell
from upgradeproof.command import Completed
from upgradeproof.errors import HarnessError, NotReadyError
from upgradeproof.machines import Machine, MachineSpec
from upgradeproof.plan import Degradation
from upgradeproof.probes import Facts
from upgradeproof.results import Fidelity
from upgradeproof.runner import Outages, State
from upgradeproof.runner.outage import RECEIVED, RECEIVER

FIDELITY = Fidelity(kernel="shared", execution="native")
WHOLE, DEGRADED = (200, "whole"), (200, "from before")
PLAN: dict[str, Any] = {
    "id": "cut-off",
    "endpoint": "site",
    "cut": "touch cut",
    "restore": "rm cut",
    "contains": "from before",
    "not_found": "/nothing",
    "within_s": 0.5,
}
ALERT = {"webhook_port": 9, "raised": "firing", "cleared": "resolved"}


class Service(FolderMachine):
    """A machine with a service that is healthy or degraded, and posts alerts after requests."""

    def __init__(self, disk: Path) -> None:
        spec = MachineSpec(snapshot=IMAGE, name="thing-outage-1", architecture="amd64")
        super().__init__(spec, disk, FIDELITY)
        self.cut_off: tuple[int, str] = DEGRADED
        self.for_nothing: tuple[int, str] = (404, "")
        self.recovers = True
        self.alerts: dict[bool, list[str]] = {True: [], False: []}
        """The alerts that the first request after the loss or the return of its backend causes."""
        self._reported_cut: bool | None = None
        self._was_cut = False
        self.port = 0

    def answer(self, path: str) -> tuple[int, str]:
        is_cut = (self.disk / "cut").exists()
        before, self._reported_cut = self._reported_cut, is_cut
        if before is not None and before is not is_cut:
            with (self.disk / "received").open("a") as file:
                file.writelines(f"{json.dumps(alert)}\n" for alert in self.alerts[is_cut])
        if path == "/nothing":
            return self.for_nothing
        if is_cut:
            self._was_cut = True
        return self.cut_off if is_cut or (self._was_cut and not self.recovers) else WHOLE

    def run(self, script: str, **limits: Any) -> Completed:
        if RECEIVER in script:
            assert (self.disk / RECEIVER.removeprefix("/")).read_bytes() == b"receiver"
            return super().run("test ! -e port-is-taken || { echo taken; exit 1; }")
        return super().run(script.replace(RECEIVED, "received"), **limits)

    def published(self, port: int) -> int:
        return self.port


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    machine = Service(tmp_path)

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = machine.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        machine.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield machine
        finally:
            server.shutdown()
            thread.join()


def outages(service: Service) -> Outages:
    endpoint = {"id": "site", "kind": "http", "port": 80, "contains": "whole"}
    state = State(
        name="upgraded",
        cell=cell(expect={"endpoint": [endpoint]}),
        fidelity=FIDELITY,
        facts=Facts({}),
        changes=(),
        took_s=0.0,
        _availability=(),
        _machine=_none,
    )

    def clone() -> AbstractContextManager[Machine]:
        return nullcontext(service)

    return Outages(state, clone, b"receiver")


def _none() -> Machine:
    raise AssertionError("an outage happens on a clone alone")


def plan(**others: Any) -> Degradation:
    return Degradation.model_validate({**PLAN, **others})


def test_degradation_and_recovery_of_a_service_are_detected(service: Service) -> None:
    outage = outages(service).of(plan())
    seen = (outage.not_found, outage.after_not_found, outage.degraded, outage.recovered)
    assert [one.fits for one in seen] == [True] * 4


def test_a_service_that_fails_without_its_backend_is_reported(service: Service) -> None:
    service.cut_off = (500, "no backend")
    outage = outages(service).of(plan())
    assert (outage.degraded.fits, outage.recovered.fits) == (False, True)
    report = str(outage.degraded)
    assert report.startswith("/ of site, with its backend cut off, gave after 0.")
    assert report.endswith(
        " s: status 500, 'no backend'; expected within 0.5 s: status 200,"
        " that contains 'from before'"
    )


def test_a_service_that_stays_degraded_is_reported(service: Service) -> None:
    service.recovers = False
    outage = outages(service).of(plan())
    assert (outage.degraded.fits, outage.recovered.fits) == (True, False)


def test_a_service_that_answers_unknown_paths_like_an_outage_is_reported(service: Service) -> None:
    service.for_nothing = (200, "from before")
    outage = outages(service).of(plan())
    assert not outage.not_found.fits
    assert "where there is nothing, gave after" in str(outage.not_found)


def test_alerts_are_counted(service: Service) -> None:
    service.alerts = {True: ["firing"], False: ["resolved", "resolved"]}
    outage = outages(service).of(plan(alert=ALERT))
    assert (outage.raised.once, outage.cleared.once) == (True, False)
    assert str(outage.cleared) == (
        "2 alerts hold 'resolved', and one was expected; "
        "the webhook got 'firing', 'resolved', 'resolved'"
    )


def test_a_missing_alert_is_reported(service: Service) -> None:
    outage = outages(service).of(plan(alert=ALERT))
    assert not outage.raised.once
    assert str(outage.raised) == (
        "0 alerts hold 'firing', and one was expected; the webhook got nothing"
    )


def test_an_outage_is_performed_once(service: Service) -> None:
    both = outages(service)
    assert both.of(plan()) is both.of(plan())


def test_the_error_of_an_outage_is_raised_for_every_check(service: Service) -> None:
    (service.disk / "cut").touch()
    tried = outages(service)
    with pytest.raises(NotReadyError) as first:
        tried.of(plan())
    (service.disk / "cut").unlink()
    with pytest.raises(NotReadyError) as second:
        tried.of(plan())
    assert second.value is first.value


def test_a_service_that_was_never_healthy_failed(service: Service) -> None:
    (service.disk / "cut").touch()
    with pytest.raises(NotReadyError) as caught:
        outages(service).of(plan())
    assert caught.value.brief == "there is nothing to cut off"
    assert "/ of site, before anything is cut off, gave" in caught.value.details


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "answers that are the same": (
        {"contains": "whole"},
        "the degradation 'cut-off' can't be distinguished from a whole answer",
    ),
    "a command that fails": (
        {"cut": "echo no such unit; false"},
        "`cut` of the degradation 'cut-off' failed with exit status 1",
    ),
    "a webhook that can't listen": (
        {"alert": ALERT, "cut": "true"},
        "no webhook can be set up on port 9 of thing-outage-1",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_error_of_the_environment_is_broken(service: Service, name: str) -> None:
    change, brief = BROKEN[name]
    (service.disk / "port-is-taken").touch()
    with pytest.raises(HarnessError) as caught:
        outages(service).of(plan(**change))
    assert caught.value.brief == brief
