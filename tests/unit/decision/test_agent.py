"""An ssh-agent that answers otherwise than the protocol states is one clear error."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from upgradeproof.decision.agent import IDENTITIES_ANSWER, SIGN_RESPONSE, Agent, field
from upgradeproof.errors import SigningError


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[Agent]:
    """Answer one request on a socket."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        thread = threading.Thread(target=_answer_once, args=(listening, answer))
        thread.start()
        yield Agent(path)
        thread.join()


def _answer_once(listening: socket.socket, answer: bytes) -> None:
    with listening.accept()[0] as connection:
        (size,) = struct.unpack(">I", connection.recv(4))
        connection.recv(size)
        connection.sendall(field(answer))


UNREADABLE = {
    "nothing": b"",
    "an empty signature": field(b""),
    "no signature after its type": field(field(b"ssh-ed25519")),
    "a length beyond the end": struct.pack(">I", 99),
}


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
def test_a_signature_that_can_not_be_read_is_one_clear_error(tmp_path: Path, answer: bytes) -> None:
    path = tmp_path / "agent"
    with (
        answering(path, bytes([SIGN_RESPONSE]) + answer) as agent,
        pytest.raises(SigningError) as raised,
    ):
        agent.sign(b"key", b"data")
    assert str(raised.value) == (
        f"the answer of the ssh-agent at {path} can't be read\n"
        "To do: sign with OpenSSH's ssh-agent, or with a key file that has no passphrase"
    )


def test_keys_that_can_not_be_read_are_one_clear_error(tmp_path: Path) -> None:
    answer = bytes([IDENTITIES_ANSWER, 0, 0, 0, 1]) + struct.pack(">I", 99)
    with (
        answering(tmp_path / "agent", answer) as agent,
        pytest.raises(SigningError, match="can't be read"),
    ):
        agent.identities()
