"""Endpoints of a machine, and the ports that its packet filter allows."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import AbsolutePath, Id, PortNumber

DNS_TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28,
    "SRV": 33, "DS": 43, "RRSIG": 46, "DNSKEY": 48, "TLSA": 52, "CAA": 257, "AXFR": 252,
    "ANY": 255,
}  # fmt: skip
"""Types of records that may be asked for, with their numbers (RFC 1035 and its successors)."""
FROM_THIS_HOST = ("http", "https", "tcp", "ssh")
"""Kinds of endpoints that are tested through a published port."""


class Endpoint(Model):
    """A service that answers this host on a published port, or the machine itself."""

    model_config = ConfigDict(populate_by_name=True)  # the prober's orders name its fields

    id: Id
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """The port in the old release; 0: it answers on a socket."""
    socket: AbsolutePath | Literal[""] = ""
    """A unix socket on the machine."""
    kind: Literal["http", "https", "tcp", "udp", "unix", "dns", "smtp", "imap", "tls", "ssh"]
    """``tls`` is any protocol over TLS from the first byte, asked from inside; ``ssh`` logs in with
    a key made for it, and runs ``send``."""
    from_: Literal["auto", "inside", "outside"] = Field(default="auto", alias="from")
    """Who asks: the machine itself, or this host. ``auto``: this host, but for what it can't reach,
    and for https, whose answer depends on the TLS library of who asks."""
    path: str = "/"
    host: str = "localhost"
    """The name that a client requests, and that a certificate must have."""
    ca: str = ""
    """The certificate on the machine that signs the server's; empty: the store of the client."""
    starttls: bool = False
    """Whether a mail server is tested over TLS."""
    user: str = ""
    """The user who logs in, or connects to a socket; empty: root."""
    send: str = ""
    """What is sent first; the command that SSH runs; for DNS a name and a type."""
    status: int = 200
    exit_status: Annotated[int, Field(ge=0, le=255)] = 0
    """Of the command that SSH runs."""
    contains: str = ""
    """Text that the answer must contain."""

    @property
    def speaks_tls(self) -> bool:
        """Return whether it is tested over TLS, from the first byte or after STARTTLS."""
        return bool(self.port) and (self.kind in ("https", "tls") or self.starttls)

    @model_validator(mode="after")
    def _keys_fit_together(self) -> Self:
        wrong = (problem for problem, there in self._problems().items() if there)
        if (problem := next(wrong, None)) is not None:
            raise ValueError(problem)
        return self

    def _problems(self) -> dict[str, bool]:
        """Return what may be wrong with the keys, and whether it is."""
        ssh = self.kind == "ssh"
        return {
            "an endpoint of the kind ssh needs a command in `send`": ssh and not self.send,
            "an endpoint has either a `port` or a `socket`": bool(self.port) == bool(self.socket),
            "`socket` goes with the kinds unix and http": bool(self.socket)
            and self.kind not in ("unix", "http"),
            "an endpoint of the kind unix has a `socket`": self.kind == "unix" and not self.socket,
            "`user` goes with the kind ssh, or with a `socket`": bool(self.user)
            and not (ssh or self.socket),
            "`exit_status` goes with the kind ssh": bool(self.exit_status) and not ssh,
            "`starttls` goes with the kinds smtp and imap": self.starttls
            and self.kind not in ("smtp", "imap"),
            '`from = "outside"` goes with a port and the kinds http, https, tcp and ssh': (
                self.from_ == "outside" and not self.published
            ),
            "an endpoint of the kind ssh is tested from this host": self.from_ == "inside" and ssh,
            "`send` of the kind dns is a name and a type, such as `a.test MX`": self.kind == "dns"
            and not self.question[1],
        }

    @property
    def question(self) -> tuple[str, str]:
        """Return the name and the type that DNS is asked for; the type is "" for an unknown one."""
        name, _, kind = self.send.partition(" ")
        return name, kind if name and kind in DNS_TYPES else ""

    @property
    def published(self) -> bool:
        """Return whether its port is published on this host."""
        asked = self.kind in FROM_THIS_HOST and self.from_ != "inside"
        return bool(self.port) and asked


class Firewall(Model):
    """A TCP port that the machine's packet filter allows or blocks, tested from this host."""

    port: PortNumber
    allowed: bool
    send: str = "GET / HTTP/1.0\r\n\r\n"
    """What is sent to make the service answer; any byte of an answer counts."""
