"""Ask the plan's https endpoints by each client that the machine has: they do not agree.

A certificate that one TLS library accepts, another one refuses, and each is upgraded separately.
"""

from __future__ import annotations

import re
from typing import ClassVar

from upgradeproof.clients import complaints
from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.command_results import jobs
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.supervised import results, supervise

_STATUS = re.compile(r"HTTP/[\d.]+ (\d{3})\b")
_MAXIMUM_LINES = 20


class ClientAnswer(Record):
    """What a client was answered. All is volatile: a check compares it."""

    volatile: ClassVar[frozenset[str]] = frozenset({"status", "errors"})
    status: int | None = None
    """Of HTTP; None: there was no answer."""
    errors: tuple[str, ...] = ()
    """What the client printed on standard error."""


class TlsClients(Probe[ClientAnswer]):
    """Ask each endpoint by each client; keys ``endpoint/curl``. One that is not there has none."""

    section = "tls_clients"
    record: ClassVar[type[Record]] = ClientAnswer

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return supervise(jobs(inputs.https))

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, ClientAnswer]:
        """Return the answers."""
        found: dict[str, ClientAnswer] = {}
        asked = jobs(inputs.https)
        for given, result in zip(inputs.https, results(output, asked), strict=True):
            client, _, response = result.stdout.partition("\n")
            if client not in ("", "none"):
                status = _STATUS.match(response)
                found[given.id] = ClientAnswer(
                    status=int(status[1]) if status else None,
                    errors=complaints(result.stderr)[:_MAXIMUM_LINES],
                )
        return found
