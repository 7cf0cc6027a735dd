"""Ports through the packet filter, with a real service of this host as the machine's service."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from suites import test_firewall
from tests.unit.test_endpoints import PublishingMachine, serving
from upgradeproof.endpoints import answers, answers_itself
from upgradeproof.plan import Firewall


@contextmanager
def accepting_only() -> Iterator[int]:
    """Accept as a machine's forwarder does, and send nothing until the client disconnects."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def wait() -> None:
            connection, _ = server.accept()
            with connection:
                over.wait(5)

        thread = threading.Thread(target=wait)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()


def greeting(connection: socket.socket) -> None:
    connection.recv(100)
    connection.sendall(b"HTTP/1.0 400\r\n")


def test_a_port_that_sends_a_byte_answers(tmp_path: Path) -> None:
    with serving(greeting) as port:
        assert answers(PublishingMachine(tmp_path, port), Firewall(port=80, allowed=True))


@pytest.mark.parametrize("allowed", [True, False])
def test_a_port_that_is_accepted_and_closed_does_not_answer(tmp_path: Path, allowed: bool) -> None:
    with serving(lambda _: None) as port:
        machine = PublishingMachine(tmp_path, port)
        assert not answers(machine, Firewall(port=80, allowed=allowed))


def test_a_port_that_is_accepted_and_silent_does_not_answer(tmp_path: Path) -> None:
    with accepting_only() as port:
        machine = PublishingMachine(tmp_path, port)
        assert not answers(machine, Firewall(port=80, allowed=False), silence_s=0.2)


class Reached:
    """A state with these results, of requests from outside and from the machine itself."""

    def __init__(self, *, outside: bool, inside: bool) -> None:
        self.answers: Callable[[Firewall], bool] = lambda _: outside
        self.answers_itself: Callable[[Firewall], bool] = lambda _: inside


def test_an_allowed_port_must_answer() -> None:
    check, port = (
        test_firewall.test_allowed_port_answers_from_outside,
        Firewall(port=1, allowed=True),
    )
    check(Reached(outside=True, inside=True), port)  # type: ignore[arg-type]  # the check needs only these
    with pytest.raises(AssertionError, match="port 1 does not answer this host"):
        check(Reached(outside=False, inside=True), port)  # type: ignore[arg-type]  # as above


def test_a_blocked_port_must_not_answer_while_a_process_listens() -> None:
    check = test_firewall.test_blocked_port_is_silent_to_the_outside
    port = Firewall(port=1, allowed=False)
    check(Reached(outside=False, inside=True), port)  # type: ignore[arg-type]  # the check needs only these
    with pytest.raises(AssertionError, match="port 1 answers this host"):
        check(Reached(outside=True, inside=True), port)  # type: ignore[arg-type]  # as above
    with pytest.raises(AssertionError, match="does not even answer the machine itself"):
        check(Reached(outside=False, inside=False), port)  # type: ignore[arg-type]  # as above


def test_the_machine_connects_to_its_own_address(tmp_path: Path) -> None:
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                greeting(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        machine = PublishingMachine(tmp_path, port)
        assert answers_itself(machine, Firewall(port=port, allowed=False))
        thread.join()
    assert not answers_itself(machine, Firewall(port=port, allowed=False))
