"""Units and ports that the packages add: what exists after a boot, and did not before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from upgradeproof.observe.writing import Entry, Noted
from upgradeproof.probes import Facts
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.sockets import ListeningSocket, Sockets

TYPES = ("service", "socket", "timer", "path")
"""Types of units that a product adds; mounts and swap are the machine's."""
_INTERPRETER = re.compile(
    r"/(?:python|perl|ruby|php|lua|tclsh|node|java|beam\.smp|bash|dash|sh)[\d.]*$"
)
"""A program that runs a service's own: its package is no part of the product."""
_OF_SYSTEMD = re.compile(
    r"[\w@.\\:-]+\.(?:service|socket|timer|path): |(?:Start|Stopp|Fail|Reload)(?:ed|ing) "
)
"""A line of a unit's log that systemd wrote."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The facts of one machine: bare, after the installation, and after the next boot."""

    bare: Facts
    installed: Facts
    booted: Facts

    @property
    def new_packages(self) -> frozenset[str]:
        """Return the packages that the installation added."""
        return frozenset(self.booted[Packages]) - frozenset(self.bare[Packages])


def units(seen: Seen) -> tuple[str, ...]:
    """Return the units that a plan names: those that no other one of them represents."""
    booted = workers(seen)
    parts = {part for name in booted for part in seen.booted[Services][name].parts}
    return tuple(name for name in booted if name not in parts)


def workers(seen: Seen) -> tuple[str, ...]:
    """Return the units that a plan names, with the parts that do their work.

    A unit that failed after the installation is none: there the plan's upgrade begins.
    """
    installed = seen.installed[Services]
    return tuple(
        name
        for name in _active(seen.booted[Services], seen)
        if not (name in installed and installed[name].fails)
    )


def services(seen: Seen) -> tuple[Noted, ...]:
    """Return the plan's services, each with its package and its parts."""
    return tuple(
        Noted(value=name.removesuffix(".service"), source=_source(seen.booted[Services][name]))
        for name in units(seen)
    )


def stopped(seen: Seen) -> Iterator[str]:
    """Yield a line for each unit that ran after the installation, and does not after a boot."""
    booted = _active(seen.booted[Services], seen)
    for name in _active(seen.installed[Services], seen):
        if name not in booted:
            found = seen.booted[Services].get(name, Service())
            yield (
                f"the unit {name} ran after the installation, and is {found.active}"
                f" after a boot ({found.enabled or 'without a unit file'})"
            )


def not_running(seen: Seen, named: Iterable[str]) -> Iterator[str]:
    """Yield a line for each unit that a plan should name, and that is not active after a boot.

    That is each new unit that failed, and each enabled unit of a package in ``named`` none of whose
    units is active: a service that waits for a configuration, or that this machine can't run.
    """
    here = {
        name: unit
        for name, unit in seen.booted[Services].items()
        if unit.package in seen.new_packages and name.rpartition(".")[2] in TYPES
    }
    running = {unit.package for unit in here.values() if unit.active == "active"}
    without = set(named) - running
    for name, unit in here.items():
        idle = unit.package in without and unit.enabled in ("enabled", "generated")
        if unit.fails or (unit.active == "inactive" and idle and "@." not in name):
            yield f"{name} of {unit.package} is {unit.active} after a boot{_last_words(unit)}"
        elif (first := seen.installed[Services].get(name)) and first.fails:
            yield f"{name} of {unit.package} fails until the next boot{_last_words(first)}"


def _last_words(unit: Service) -> str:
    """Return the last line of a unit's log that the unit wrote itself."""
    written = [line for line in unit.log if not _OF_SYSTEMD.match(line)]
    return f": {written[-1]}" if written else ""


def of_packages(seen: Seen) -> tuple[str, ...]:
    """Return the packages whose programs run the plan's units; those of interpreters are none."""
    booted = seen.booted[Services]
    wanted = {n for n in workers(seen) if not _INTERPRETER.search(booted[n].executable)}
    running = (name for name, it in seen.booted[Packages].items() if wanted & set(it.runs))
    return tuple(name for name in running if name in seen.new_packages)


def unit_packages(seen: Seen) -> frozenset[str]:
    """Return the packages that contain the plan's units, or run them."""
    bring = (seen.booted[Services][name].package for name in workers(seen))
    return frozenset(filter(None, (*bring, *of_packages(seen))))


def ports(seen: Seen) -> tuple[Entry, ...]:
    """Return the plan's ports, each with the process that owns it."""
    return tuple(_port(sockets) for sockets in new_sockets(seen).values())


def moving_ports(seen: Seen) -> Iterator[str]:
    """Yield a line for each port that changes with each start."""
    there = {(s.protocol, s.port) for s in seen.installed[Sockets].values()}
    for (protocol, number), sockets in _sockets(seen).items():
        if (protocol, number) not in there:
            yield f"{protocol} port {number} of {_holder(sockets)}: it changes with each boot"


def new_sockets(seen: Seen) -> Mapping[tuple[str, int], list[ListeningSocket]]:
    """Return the sockets that the packages add, by protocol and port, the same in both boots."""
    there = {(s.protocol, s.port) for s in seen.installed[Sockets].values()}
    return {key: found for key, found in _sockets(seen).items() if key in there}


def _sockets(seen: Seen) -> dict[tuple[str, int], list[ListeningSocket]]:
    before = {(s.protocol, s.port) for s in seen.bare[Sockets].values()}
    found: dict[tuple[str, int], list[ListeningSocket]] = {}
    for socket in seen.booted[Sockets].values():
        if (key := (socket.protocol, socket.port)) not in before:
            found.setdefault(key, []).append(socket)
    return dict(sorted(found.items()))


def _active(here: Mapping[str, Service], seen: Seen) -> tuple[str, ...]:
    before = seen.bare[Services]
    return tuple(
        sorted(
            name
            for name, unit in here.items()
            if unit.active == "active"
            and name.rpartition(".")[2] in TYPES
            and not (name in before and before[name].active == "active")
        )
    )


def _source(unit: Service) -> str:
    words = [unit.enabled or "without a unit file"]
    if unit.package:
        words.append(f"of {unit.package}")
    if unit.parts:
        words.append(f"for {', '.join(part.removesuffix('.service') for part in unit.parts)}")
    return "active after a boot: " + ", ".join(words)


def _port(sockets: list[ListeningSocket]) -> Entry:
    names = {socket.process for socket in sockets}
    return Entry(
        keys={
            "port": sockets[0].port,
            "protocol": "udp" if sockets[0].protocol == "udp" else "",
            "process": names.pop() if len(names) == 1 else "",
        },
        source=f"{', '.join(sorted(_address(s) for s in sockets))}: {_holder(sockets)}",
    )


def _address(socket: ListeningSocket) -> str:
    return f"[{socket.address}]" if ":" in socket.address else socket.address


def _holder(sockets: list[ListeningSocket]) -> str:
    first = sockets[0]
    holder = first.executable or first.process or "the kernel"
    return f"{holder} of {first.unit}" if first.unit else holder
