"""What answers on a machine, and what its packet filter lets pass."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import Id, PortNumber


class Endpoint(Model):
    """Something that answers on a published port, asked from this host as a client would ask."""

    id: Id
    port: PortNumber
    kind: Literal["http", "https", "tcp", "ssh"]
    """``ssh`` logs in as root, with a key made for it, and runs ``send``."""
    path: str = "/"
    host: str = "localhost"
    """The name that an HTTP client asks for, and that a certificate must carry."""
    ca: str = ""
    """The certificate on the machine that signs the server's; empty: the host's own store."""
    send: str = ""
    """What a TCP client sends first; the command that SSH runs."""
    status: int = 200
    gives: str = ""
    """Text that the answer must hold."""

    @model_validator(mode="after")
    def _ssh_runs_something(self) -> Self:
        if self.kind == "ssh" and not self.send:
            raise ValueError("an endpoint of the kind ssh needs a command in `send`")
        return self


class Firewall(Model):
    """A TCP port that the machine's packet filter lets pass or stops, tried from this host."""

    port: PortNumber
    allowed: bool
    send: str = "GET / HTTP/1.0\r\n\r\n"
    """What is sent to make the service answer; any byte of an answer counts."""
