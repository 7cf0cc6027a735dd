"""The monitor with a fake QEMU that uses the real protocol, and breaks it as an ending one does."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from upgradeproof.errors import MachineError
from upgradeproof.machines.qemu.qmp import Monitor

GREETING = {"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}}, "capabilities": []}}
Request = dict[str, Any]


class FakeQemu:
    """A fake QEMU: ``answer`` answers each command; None ends the connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.requests: list[Request] = []
        self.answer: Callable[[Request], list[Any] | None] = lambda _: [{"return": {}}]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def send(self, *messages: Any) -> None:
        lines = [json.dumps(message).encode() + b"\r\n" for message in messages]
        self.connection.sendall(b"".join(lines))

    def _serve(self) -> None:
        self.send(GREETING)
        with suppress(OSError), self.connection, self.connection.makefile("rb") as lines:
            for line in lines:
                request = json.loads(line)
                self.requests.append(request)
                answers = self.answer(request)
                if answers is None:
                    return
                for answer in answers:
                    named = {"id": request["id"], **answer} if "event" not in answer else answer
                    self.send(named)

    def end(self) -> None:
        self._thread.join(5)
        assert not self._thread.is_alive()


class Connection:
    def __init__(self) -> None:
        near, far = socket.socketpair()
        self.events: list[tuple[str, Any]] = []
        self.qemu = FakeQemu(far)
        self.monitor = Monitor(near, "box", lambda *seen: self.events.append(seen), timeout_s=0.5)


@pytest.fixture
def connected() -> Iterator[Connection]:
    made = Connection()
    yield made
    made.monitor.close()
    made.qemu.end()


def test_the_greeting_is_answered(connected: Connection) -> None:
    connected.monitor.greet()
    (request,) = connected.qemu.requests
    assert (request["execute"], request["arguments"]) == ("qmp_capabilities", {})


def test_a_command_sends_its_arguments_and_returns_its_answer(connected: Connection) -> None:
    connected.qemu.answer = lambda _: [{"return": {"status": "completed"}}]
    answer = connected.monitor.execute(
        "blockdev-add", node_name="disk-1", backing=None, file={"a": 1}
    )
    assert answer == {"status": "completed"}
    assert connected.qemu.requests[0]["arguments"] == {
        "node-name": "disk-1",
        "backing": None,
        "file": {"a": 1},
    }


def test_an_event_between_request_and_answer_is_reported_as_an_event(connected: Connection) -> None:
    event = {"event": "RESET", "data": {"guest": True}, "timestamp": {"seconds": 1}}
    connected.qemu.answer = lambda _: [event, {"return": 7}, {"event": "STOP"}]
    assert connected.monitor.execute("query-status") == 7
    assert connected.monitor.execute("query-status") == 7
    assert connected.events[:3] == [
        ("RESET", {"guest": True}),
        ("STOP", {}),
        ("RESET", {"guest": True}),
    ]


def test_an_error_of_qemu_is_quoted(connected: Connection) -> None:
    connected.qemu.answer = lambda _: [
        {"error": {"class": "GenericError", "desc": 'Failed to get "write" lock'}}
    ]
    with pytest.raises(MachineError) as caught:
        connected.monitor.execute("migrate")
    assert str(caught.value) == "QEMU refused 'migrate' of box\nFailed to get \"write\" lock"


def test_an_end_of_qemu_during_a_command_is_an_error_of_every_later_command(
    connected: Connection,
) -> None:
    connected.qemu.answer = lambda _: None
    began = time.monotonic()
    for command in ("stop", "cont", "quit"):
        with pytest.raises(MachineError) as caught:
            connected.monitor.execute(command)
        assert caught.value.brief == f"QEMU of box ended; its last command was {command!r}"
        assert caught.value.resolution == (
            "QEMU's own lines are the last of console.log in the evidence: was it killed, or"
            " out of memory?"
        )
    assert time.monotonic() - began < 0.4


def test_an_incomplete_line_is_an_end_of_qemu(connected: Connection) -> None:
    def break_off(_: Request) -> None:
        connected.qemu.connection.sendall(b'{"return": {"sta')

    connected.qemu.answer = break_off
    with pytest.raises(MachineError, match="its last command was"):
        connected.monitor.execute("query-migrate")


def test_a_missing_answer_is_an_error_and_a_late_answer_is_dropped(connected: Connection) -> None:
    connected.qemu.answer = lambda _: []
    with pytest.raises(MachineError) as caught:
        connected.monitor.execute("migrate")
    assert str(caught.value) == "QEMU did not answer 'migrate' of box in 0.5 s"
    connected.qemu.answer = lambda request: [
        {"id": request["id"] - 1, "return": "late"},
        {"return": 2},
    ]
    assert connected.monitor.execute("query-status") == 2


def test_threads_take_turns(connected: Connection) -> None:
    connected.qemu.answer = lambda request: [{"return": request["arguments"]["number"]}]
    answers: dict[int, int] = {}

    def ask(number: int) -> None:
        answers[number] = connected.monitor.execute("echo", number=number)

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: number for number in range(8)}


def test_a_closed_monitor_leaves_no_thread(connected: Connection) -> None:
    connected.monitor.greet()
    connected.monitor.close()
    assert "monitor box" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(MachineError, match="its last command was"):
        connected.monitor.execute("stop")
