"""A state that was reached: its facts, and a machine in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import ip_address
from typing import TypeVar

from testinfra.host import Host

from upgradeproof.endpoints import (
    Answer,
    Refusals,
    answers,
    answers_itself,
    ask,
    mail_refusals,
    messages,
)
from upgradeproof.errors import LoadError
from upgradeproof.machines import Machine
from upgradeproof.plan import Cell, Data, Disruption, Endpoint, Expectations, Firewall, Port
from upgradeproof.plan.names import unit_name
from upgradeproof.prober import unknown
from upgradeproof.probes import Facts, Probe, Record
from upgradeproof.probes.services import Services
from upgradeproof.probes.sockets import ListeningSocket, Sockets, unreachable
from upgradeproof.results import Availability, Change, Fidelity
from upgradeproof.review import Paths, summary
from upgradeproof.states import StateName

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, eq=False, repr=False)
class State:
    """One state of a cell, as tests see it.

    The facts are those of the moment when it was reached. The machine is the active one while that
    is in this state, otherwise a clone of its snapshot, which is started at its first use.
    """

    name: str
    cell: Cell
    fidelity: Fidelity
    facts: Facts
    changes: tuple[Change, ...]
    """The diff against the state that this one is compared with, each line judged by the plan."""
    took_s: float
    """What the steps that led to it took, also of a cached state."""
    _availability: tuple[Availability, ...]
    _machine: Callable[[], Machine]

    def __repr__(self) -> str:
        """Return what a failed assertion shows: which state of which cell."""
        return f"<{self.name} {self.cell.id}>"

    @property
    def regressions(self) -> tuple[Change, ...]:
        """Return the changes that the plan does not expect."""
        return tuple(change for change in self.changes if not change.expected)

    @property
    def unexplained(self) -> str:
        """Return the regressions in groups, with TOML for the plan, in at most 40 lines."""
        sections = {
            section: {key: type(record).model_fields for key, record in records.items()}
            for section, records in self.facts.sections.items()
        }
        return summary(self.changes, Paths.of(sections, self.changes), self.name)

    @property
    def in_use(self) -> Expectations:
        """Return the expectations, of services and ports only those that were in use when reached.

        That is what a new start of this state must bring back: the rest is not waited for.
        """
        listened = {(socket.protocol, socket.port) for socket in self[Sockets].values()}
        units = self[Services]
        return self.cell.expect.model_copy(
            update={
                "services": tuple(
                    name
                    for name in self.cell.expect.units_in(self.name)
                    if name in units and units[name].active == "active"
                ),
                "service": (),
                "port": tuple(
                    port
                    for port in self.cell.expect.port
                    if (port.protocol, port.number_in(self.name)) in listened
                ),
            }
        )

    def reason_for(self, path: str) -> str | None:
        """Return why a change at this path of the diff is expected, or None: it is not.

        The reason may be the plan's, that of a known change, or the package that it follows from.
        """
        reasons = (c.reason for c in self.changes if c.path == path and c.expected)
        return next(reasons, None) or self.cell.expect.reason_for(path)

    def unit(self, service: str) -> str:
        """Return the full name that the unit of a service of the plan has in this state."""
        return self.cell.expect.service_in(self.name, service) or unit_name(service)

    def units(self, service: str) -> tuple[str, ...]:
        """Return the unit of a service of the plan, with its parts and the instances of its name.

        A wrapper without a process of its own (``foo.service`` that only starts ``foo@1.service``)
        represents these.
        """
        unit = self.unit(service)
        units = self[Services]
        parts = units[unit].parts if unit in units else ()
        template = unit.removesuffix(".service") + "@"
        instances = (
            name for name in units if name.startswith(template) and name != f"{template}.service"
        )
        return tuple(dict.fromkeys((unit, *parts, *sorted(instances))))

    def listening(self, protocol: str, port: int | None) -> list[ListeningSocket]:
        """Return the sockets that listen on a port, on any address."""
        return [s for s in self[Sockets].values() if (s.protocol, s.port) == (protocol, port)]

    def silence(self, port: Port, before: State) -> str:
        """Return that nothing listens on a port of the plan, and what became of its old unit."""
        held = {s.unit for s in before.listening(port.protocol, port.before) if s.unit}
        found = [f"nothing listens on {port.protocol} port {port.after}"]
        for name in sorted(held):
            now = self[Services].get(self.cell.expect.service_in(self.name, name) or name)
            what = f"is {now.active} ({now.sub}){now.last_words}" if now else "is gone"
            found.append(f"{name} listened there before, and {what}")
        return "; ".join(found)

    def lost_addresses(self, before: State, port: Port) -> str:
        """Return that a port does not listen on all addresses any more, and where it does; or "".

        A port on which nothing listens at all has lost none.
        """
        had = [
            socket
            for key, socket in before[Sockets].items()
            if (socket.protocol, socket.port) == (port.protocol, port.before)
            and not self.reason_for(f"{Sockets.section}/{key}")
        ]
        has = self.listening(port.protocol, port.after)
        if not has or not (lost := unreachable(had, has)):
            return ""
        holders = sorted({f"{it.address} ({it.unit or it.process or 'the kernel'})" for it in has})
        return (
            f"{port.protocol} port {port.after} does not listen on {', '.join(lost)} any more,"
            f" only on {', '.join(holders)}"
        )

    def __getitem__(self, probe: type[Probe[R]]) -> Mapping[str, R]:
        """Return the facts that one probe read, by key."""
        return self.facts[probe]

    @property
    def machine(self) -> Machine:
        """Return the machine in this state, shared by all tests that only read."""
        return self._machine()

    def on(self, machine: Callable[[], Machine]) -> State:
        """Return the same state on another machine, which is asked for when it is needed."""
        return replace(self, _machine=machine)

    @cached_property
    def host(self) -> Host:
        """Return testinfra's Host of the machine."""
        return self.machine.host

    def ask(self, endpoint: Endpoint) -> Answer:
        """Ask an endpoint on the port where this state has it."""
        port = self.cell.expect.port_in(self.name, endpoint.port)
        return ask(self.machine, endpoint, port, only_address(self.facts, endpoint, port))

    def answer_s(self, endpoint: Endpoint, *, enough_s: float) -> float | None:
        """Return how many seconds an endpoint takes to answer; None: its answer does not fit.

        It is the shortest of three times; one below ``enough_s`` is returned at once.
        """
        shortest = float("inf")
        for _ in range(3):
            started = time.monotonic()
            if not self.ask(endpoint).fits(endpoint):
                return None
            shortest = min(shortest, time.monotonic() - started)
            if shortest < enough_s:
                break
        return shortest

    def messages(self, endpoint: Endpoint) -> dict[str, str]:
        """Return the warnings and errors of a program that its answer contains."""
        return messages(self.ask(endpoint).body)

    def refusals(self, endpoint: Endpoint) -> dict[str, Refusals]:
        """Return whom a mail server takes mail for, by who sends it: the machine, or another one.

        Many servers trust the machine itself and judge only others. Its own address counts as one.
        """
        port = self.cell.expect.port_in(self.name, endpoint.port)
        return mail_refusals(self.machine, endpoint, port, only_address(self.facts, endpoint, port))

    def ask_after_start(self, endpoint: Endpoint) -> Answer:
        """Ask an endpoint of services that have just started until its answer fits.

        A load balancer has to find its servers first. The last answer is returned when the plan's
        ``min_uptime_s`` are over.
        """
        deadline = time.monotonic() + self.cell.plan.min_uptime_s * self.fidelity.slowness
        while not (answer := self.ask(endpoint)).fits(endpoint) and time.monotonic() < deadline:
            time.sleep(1)
        return answer

    def answers(self, port: Firewall) -> bool:
        """Return whether a byte comes back from a port, asked from outside of the machine."""
        return answers(self.machine, port)

    def answers_itself(self, port: Firewall) -> bool:
        """Return whether a byte comes back when the machine asks its own address."""
        return answers_itself(self.machine, port)

    @property
    def availability(self) -> tuple[Availability, ...]:
        """Return what a prober saw of the product's endpoints during the transition to this state.

        A cached state has it, too. Raises LoadError where a prober was to run and no test asked for
        one: that nothing was seen does not mean that nothing was wrong.
        """
        asked = self.name == StateName.UPGRADED and self.fidelity.absolute_latency
        if asked and self.cell.expect.disruption and not self._availability:
            raise LoadError(
                f"no prober ran during the transition to {self.name}",
                resolution="a test that looks at what it saw takes `disruption`: then one runs",
            )
        return self._availability

    def seen(self, disruption: Disruption) -> Availability:
        """Return what a prober saw of an endpoint during the transition to this state.

        Raises LoadError where it does not show whether the budget was met, or where none ran.
        """
        seen = next((a for a in self._availability if a.endpoint == disruption.endpoint), None)
        absent = f"no prober ran during the transition to {self.name}"
        why = unknown(disruption, seen) if seen else absent
        if seen is None or why:
            raise LoadError(
                f"nothing is known of the availability of {disruption.endpoint}", details=why
            )
        return seen

    def read(self, data: Data) -> str:
        """Read what was written before the upgrade, through the service."""
        done = self.machine.run(data.to_read())
        return done.text if done.ok else f"exit status {done.exit_status}: {done.tail}"


def only_address(facts: Facts, endpoint: Endpoint, port: int) -> str:
    """Return the address at which the machine itself has to ask an endpoint, or "".

    That is its loopback where nothing else listens; for UDP, which is never published, any.
    """
    datagrams = endpoint.kind in ("udp", "dns")
    protocols = ("udp", "tcp") if datagrams else ("tcp",)
    listening = {
        ip_address(socket.address)
        for socket in (facts[Sockets] if Sockets.section in facts.sections else {}).values()
        if socket.port == port and socket.protocol in protocols
    }
    if any(address.is_unspecified for address in listening):
        return ""
    own = sorted(str(address) for address in listening if address.is_loopback)
    others = sorted(str(address) for address in listening if not address.is_loopback)
    if own and not others:
        return own[0]
    return (own or others or [""])[0] if datagrams or endpoint.from_ == "inside" else ""
