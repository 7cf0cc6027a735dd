"""The ports of the old and the new release: free, or held by the process that the plan names."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from upgradeproof.plan import Port
from upgradeproof.preflight.base import Situation
from upgradeproof.probes.sockets import ListeningSocket, Sockets
from upgradeproof.results import Finding
from upgradeproof.severity import Severity
from upgradeproof.states import StateName

OF_SYSTEMD = "init.scope"
"""The unit of systemd itself, which listens for services that it starts at the first client."""


def findings(situation: Situation) -> Iterator[Finding]:
    """Yield every port that another process holds."""
    for port in situation.cell.expect.port:
        numbers = {number for number in (port.before, port.after) if number is not None}
        for number in sorted(numbers):
            yield from _judge(situation, port, number)


def _judge(situation: Situation, port: Port, number: int) -> Iterator[Finding]:
    """Yield a finding for each other process on a port, by its name.

    A port that the old release does not have must be free: any process on it is reported, unless
    it runs in a service of the product; a name such as python3 proves nothing. On one that it has,
    another process may listen at another address; without a name nothing is known.
    """
    sockets = {
        socket.process: socket
        for socket in situation.facts[Sockets].values()
        if (socket.protocol, socket.port) == (port.protocol, number)
    }
    if port.before == number and (not port.process or port.process in sockets):
        return
    expect = situation.cell.expect
    services = {*expect.units_in(StateName.INSTALLED), *expect.units_in(StateName.UPGRADED)}
    for process, socket in sockets.items():
        ours = port.before != number and socket.unit in services
        if process != port.process and not ours and socket.unit != OF_SYSTEMD:
            yield _stranger(situation, port, number, socket)


def _stranger(situation: Situation, port: Port, number: int, socket: ListeningSocket) -> Finding:
    release = situation.cell.old if port.before == number else situation.cell.new
    who = socket.process or "the kernel"
    unit = f" ({socket.unit})" if socket.unit else ""
    purpose = f" for {port.process}" if port.process else ""
    return Finding(
        id=f"ports/{port.protocol}-{number}",
        severity=Severity.INHIBITOR,
        title=f"{port.protocol.upper()} port {number} is held by {who}{unit}",
        meaning=f"{release.name} needs it{purpose}, and can't listen there.",
        remedy=f"systemctl disable --now {shlex.quote(socket.unit)}"
        if socket.unit
        else f"ss -lnp 'sport = :{number}', then end that process or give it another port",
    )
