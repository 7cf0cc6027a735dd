"""What the product does: data through a daemon's client, endpoints, programs that start."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from upgradeproof.daemons import Daemon, Greeting
from upgradeproof.errors import CommandTimeoutError
from upgradeproof.globs import fits
from upgradeproof.machines import Machine
from upgradeproof.observe.archive import programs_of
from upgradeproof.observe.asking import Asking
from upgradeproof.observe.configs import running
from upgradeproof.observe.services import Seen, new_sockets
from upgradeproof.observe.writing import Entry
from upgradeproof.plan import Data
from upgradeproof.probes.sockets import ListeningSocket

MAXIMUM_PROGRAMS = 5
"""Of a package, in a plan."""
PROGRAM_TIMEOUT_S = 10.0
_OVER_TCP, _OVER_UDP = ("http", "tcp"), ("udp", "dns")


def written_data(
    machine: Machine, seen: Seen, daemons: Mapping[str, Daemon]
) -> Iterator[Entry | str]:
    """Yield the data that a daemon's client wrote and read here; or why it could not."""
    for daemon in running(seen, daemons):
        for data in daemon.data:
            if problem := _problem(machine, data):
                yield f"data through {daemon.title}: {problem}"
            else:
                yield Entry(
                    keys={
                        "id": data.id,
                        "write": data.write.lstrip("\n"),
                        "read": data.read.lstrip("\n"),
                        "equals": data.equals,
                        "mask": data.mask,
                    },
                    source=f"written and read through the client of {daemon.title}",
                )


def endpoints(machine: Machine, seen: Seen, daemons: Mapping[str, Daemon]) -> Iterator[Entry | str]:
    """Yield what answered on each port that the packages opened; or that nothing did."""
    known = tuple(running(seen, daemons))
    taken: set[str] = set()
    for (protocol, port), sockets in new_sockets(seen).items():
        name = _id(sockets[0], port, taken)
        asking = Asking(machine=machine, facts=seen.booted, port=port, id=name)
        greetings = _greetings(known, sockets)
        if protocol == "tcp":
            found = asking.tcp(each for each in greetings if each.kind in _OVER_TCP)
        else:
            found = asking.greeted(each for each in greetings if each.kind in _OVER_UDP)
        if found:
            taken.add(name)
            yield found
        else:
            holder = sockets[0].process or "the kernel"
            tls = protocol == "tcp" and asking.certificate()
            over = "it speaks TLS, and over that it" if tls else "it"
            yield f"{protocol} port {port} of {holder}: {over} answered none of the requests"


def programs(machine: Machine, packages: Sequence[str]) -> Iterator[Entry]:
    """Yield a command for each program of some packages that prints its version."""
    for package in packages:
        found = 0
        for path in programs_of(machine, package):
            name = PurePosixPath(path).name
            run = f"{shlex.quote(name)} --version >/dev/null"
            if found < MAXIMUM_PROGRAMS and _starts(machine, run):
                found += 1
                yield Entry(
                    keys={"id": _word(name), "run": run, "exit_status": 0},
                    source=f"a program of {package}, which has no service: it starts",
                )


def _problem(machine: Machine, data: Data) -> str:
    """Return why data could not be written and read, or ""."""
    wrote = machine.run(data.to_write())
    if not wrote.ok:
        return f"the client failed: {_last_line(wrote.tail)}"
    found = machine.run(data.to_read())
    if found.ok and found.text == data.expected():
        return ""
    return f"it was written, and {_last_line(found.tail) or 'nothing'} was read"


def _starts(machine: Machine, script: str) -> bool:
    try:
        return machine.run(script, timeout_s=PROGRAM_TIMEOUT_S).ok
    except CommandTimeoutError:
        return False


def _greetings(
    daemons: Sequence[Daemon], sockets: Sequence[ListeningSocket]
) -> tuple[Greeting, ...]:
    names = {socket.unit for socket in sockets}
    return tuple(
        greeting
        for daemon in daemons
        if any(fits(name, daemon.units) for name in names)
        for greeting in daemon.greeting
    )


def _id(socket: ListeningSocket, port: int, taken: set[str]) -> str:
    name = _word(socket.process or socket.protocol)
    return f"{name}-{port}" if name in taken else name


def _word(text: str) -> str:
    """Return a name in the form of the plan's ids."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_") or "port"


def _last_line(text: str) -> str:
    return text.splitlines()[-1].strip()[:200] if text.strip() else ""
