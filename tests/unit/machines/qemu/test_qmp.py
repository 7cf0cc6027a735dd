"""The monitor against a QEMU that speaks the real protocol, and breaks it as a dying one does."""

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
    """Answer each command by what the test says; None answers nothing."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.requests: list[Request] = []
        self.answer: Callable[[Request], list[Any] | None] = lambda _: [{"return": {}}]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def say(self, *messages: Any) -> None:
        lines = [json.dumps(message).encode() + b"\r\n" for message in messages]
        self.connection.sendall(b"".join(lines))

    def _serve(self) -> None:
        self.say(GREETING)
        with suppress(OSError), self.connection, self.connection.makefile("rb") as lines:
            for line in lines:
                request = json.loads(line)
                self.requests.append(request)
                answers = self.answer(request)
                if answers is None:
                    return
                for answer in answers:
                    named = {"id": request["id"], **answer} if "event" not in answer else answer
                    self.say(named)

    def end(self) -> None:
        self._thread.join(5)
        assert not self._thread.is_alive()


class World:
    def __init__(self) -> None:
        near, far = socket.socketpair()
        self.events: list[tuple[str, Any]] = []
        self.qemu = FakeQemu(far)
        self.monitor = Monitor(near, "box", lambda *seen: self.events.append(seen), timeout_s=0.5)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.monitor.close()
    made.qemu.end()


def test_the_greeting_is_answered(world: World) -> None:
    world.monitor.greet()
    (request,) = world.qemu.requests
    assert (request["execute"], request["arguments"]) == ("qmp_capabilities", {})


def test_a_command_gives_its_arguments_and_returns_its_answer(world: World) -> None:
    world.qemu.answer = lambda _: [{"return": {"status": "completed"}}]
    answer = world.monitor.execute("blockdev-add", node_name="disk-1", backing=None, file={"a": 1})
    assert answer == {"status": "completed"}
    assert world.qemu.requests[0]["arguments"] == {
        "node-name": "disk-1",
        "backing": None,
        "file": {"a": 1},
    }


def test_an_event_between_question_and_answer_is_told_as_an_event(world: World) -> None:
    event = {"event": "RESET", "data": {"guest": True}, "timestamp": {"seconds": 1}}
    world.qemu.answer = lambda _: [event, {"return": 7}, {"event": "STOP"}]
    assert world.monitor.execute("query-status") == 7
    assert world.monitor.execute("query-status") == 7
    assert world.events[:3] == [
        ("RESET", {"guest": True}),
        ("STOP", {}),
        ("RESET", {"guest": True}),
    ]


def test_a_refusal_carries_qemus_own_words(world: World) -> None:
    world.qemu.answer = lambda _: [
        {"error": {"class": "GenericError", "desc": 'Failed to get "write" lock'}}
    ]
    with pytest.raises(MachineError) as caught:
        world.monitor.execute("migrate")
    assert str(caught.value) == "QEMU refused 'migrate' of box\nFailed to get \"write\" lock"


def test_an_end_of_qemu_under_a_command_is_said_now_and_ever_after(world: World) -> None:
    world.qemu.answer = lambda _: None
    began = time.monotonic()
    for command in ("stop", "cont", "quit"):
        with pytest.raises(MachineError) as caught:
            world.monitor.execute(command)
        assert caught.value.brief == f"QEMU of box ended; its last command was {command!r}"
        assert caught.value.resolution == (
            "see qemu.log in the evidence: was it killed, or out of memory?"
        )
    assert time.monotonic() - began < 0.4


def test_a_line_that_breaks_off_is_an_end(world: World) -> None:
    def break_off(_: Request) -> None:
        world.qemu.connection.sendall(b'{"return": {"sta')

    world.qemu.answer = break_off
    with pytest.raises(MachineError, match="its last command was"):
        world.monitor.execute("query-migrate")


def test_no_answer_is_an_error_and_the_late_one_is_nobodys(world: World) -> None:
    world.qemu.answer = lambda _: []
    with pytest.raises(MachineError) as caught:
        world.monitor.execute("migrate")
    assert str(caught.value) == "QEMU did not answer 'migrate' of box in 0.5 s"
    world.qemu.answer = lambda request: [{"id": request["id"] - 1, "return": "late"}, {"return": 2}]
    assert world.monitor.execute("query-status") == 2


def test_threads_take_turns(world: World) -> None:
    world.qemu.answer = lambda request: [{"return": request["arguments"]["number"]}]
    answers: dict[int, int] = {}

    def ask(number: int) -> None:
        answers[number] = world.monitor.execute("echo", number=number)

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: number for number in range(8)}


def test_a_closed_monitor_leaves_no_thread(world: World) -> None:
    world.monitor.greet()
    world.monitor.close()
    assert "monitor box" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(MachineError, match="its last command was"):
        world.monitor.execute("stop")
