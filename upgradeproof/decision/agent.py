"""Ask an ssh-agent to sign, by its protocol: a length, a message type, fields with lengths."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from upgradeproof.errors import SigningError

REQUEST_IDENTITIES, IDENTITIES_ANSWER = 11, 12
SIGN_REQUEST, SIGN_RESPONSE = 13, 14
MAX_MESSAGE = 256 * 1024
"""Bytes of a message that OpenSSH's agent accepts."""
TIMEOUT_S = 60.0
"""How long the agent may take: it may ask its user to confirm."""


@dataclass(frozen=True)
class Agent:
    """The agent behind a socket."""

    path: Path

    def identities(self) -> tuple[bytes, ...]:
        """Return the public keys that the agent holds. Raises SigningError."""
        answer = self._ask(bytes([REQUEST_IDENTITIES]), IDENTITIES_ANSWER)
        try:
            return tuple(fields(answer[4:]))[::2]  # each key is followed by its comment
        except ValueError:
            raise self._unreadable() from None

    def sign(self, blob: bytes, data: bytes) -> bytes:
        """Return the signature of ed25519, 64 bytes. Raises SigningError."""
        message = bytes([SIGN_REQUEST]) + field(blob) + field(data) + struct.pack(">I", 0)
        if len(message) > MAX_MESSAGE:
            raise SigningError(
                f"the ssh-agent signs {MAX_MESSAGE // 1024} KiB at most, and the list of checks "
                f"takes {len(data) // 1024} KiB",
                resolution="sign with a key file that has no passphrase",
            )
        answer = self._ask(message, SIGN_RESPONSE)
        try:
            (signature,) = fields(answer)
            _, signed = fields(signature)
        except ValueError:
            raise self._unreadable() from None
        return signed

    def _unreadable(self) -> SigningError:
        return SigningError(
            f"the answer of the ssh-agent at {self.path} can't be read",
            resolution="sign with OpenSSH's ssh-agent, or with a key file that has no passphrase",
        )

    def _ask(self, message: bytes, expected: int) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(TIMEOUT_S)
                connection.connect(str(self.path))
                connection.sendall(field(message))
                (length,) = struct.unpack(">I", _read(connection, 4))
                answer = _read(connection, length)
        except OSError as error:
            raise SigningError(
                f"the ssh-agent at {self.path} does not answer: {error.strerror or error}",
                resolution="start an agent: eval $(ssh-agent)",
            ) from None
        if answer[:1] != bytes([expected]):
            raise SigningError("the ssh-agent refused to answer", resolution="look at `ssh-add -l`")
        return answer[1:]


def field(content: bytes) -> bytes:
    """Return bytes with their length before them."""
    return struct.pack(">I", len(content)) + content


def fields(content: bytes) -> Iterator[bytes]:
    """Yield what is behind each length. Raises ValueError for a length beyond the end."""
    at = 0
    while at < len(content):
        if at + 4 > len(content):
            raise ValueError("a length is cut off")
        (length,) = struct.unpack_from(">I", content, at)
        at += 4
        if at + length > len(content):
            raise ValueError("a field is cut off")
        yield content[at : at + length]
        at += length


def _read(connection: socket.socket, length: int) -> bytes:
    content = b""
    while len(content) < length:
        part = connection.recv(length - len(content))
        if not part:
            raise OSError("the answer is cut off")
        content += part
    return content
