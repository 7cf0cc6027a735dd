"""A product of which every fact is good in every state, and the means to spoil one of them.

Its machines are folders. A check gets the same arguments as in a run, each subject of the plan
among them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.runner.fakes import IMAGE, FolderMachine
from tests.unit.suites import facts
from upgradeproof.command import Completed
from upgradeproof.endpoints import Answer
from upgradeproof.machines import MachineSpec
from upgradeproof.plan import Cell, Degradation, Endpoint
from upgradeproof.plugin.subjects import SUBJECTS
from upgradeproof.probes import Facts, Probe, Record
from upgradeproof.results import Change, Fidelity, Finding
from upgradeproof.runner import InUse, State
from upgradeproof.runner.outage import Alerted, Outage, Seen

FIDELITY = Fidelity(kernel="own", execution="native", boot="own")
STATES = (
    "installed",
    "installed_rebooted",
    "upgraded",
    "rebooted",
    "rolled_back",
    "upgraded_again",
)
CLONES = ("fallback", "returned")
"""The machines that the fixtures of the kernels boot."""
OLD = ("installed", "installed_rebooted", "rolled_back", "fallback")
Check = Callable[..., None]


class ProductMachine(FolderMachine):
    """A machine whose services and load are described by files in its folder.

    ``refuses`` contains the output of systemd instead of a restart. If ``forgets`` exists, a
    restart loses the data. ``spins`` is the processor time of the services in nanoseconds per
    second.
    """

    def run(self, script: str, **limits: Any) -> Completed:
        if script.startswith("systemctl restart"):
            script = "[ ! -e forgets ] || : >note; [ ! -e refuses ] || { cat refuses; exit 1; }"
        elif "/schedstat" in script:
            script = "echo 0 0; echo $(cat spins 2>/dev/null || echo 0) 1000000000"
        return super().run(script, **limits)


class KnownOutages:
    """Outages that have one fixed result, for every plan."""

    def __init__(self, outage: Outage) -> None:
        self._outage = outage

    def of(self, _: Degradation) -> Outage:
        return self._outage


def seen(text: str = "", status: int = 200, waited_s: float = 1.0) -> Seen:
    """Return an answer to a request that should have given something, within 5 seconds."""
    wanted = Endpoint.model_validate({"id": "page", "kind": "http", "port": 80, "contains": text})
    answer = Answer(status=status, body=text)
    return Seen(when="then", expected=wanted, answer=answer, waited_s=waited_s, limit_s=5.0)


def alerted(text: str, *alerts: str) -> Alerted:
    return Alerted(text=text, alerts=alerts)


OUTAGE = Outage(
    not_found=seen(),
    after_not_found=seen("welcome"),
    degraded=seen("from before"),
    recovered=seen("welcome"),
    raised=alerted("firing", "firing", "resolved"),
    cleared=alerted("resolved", "firing", "resolved"),
)


@dataclass
class Product:
    """The states of one cell, each with facts and a machine of its own that a test may spoil."""

    cell: Cell
    folder: Path
    port: int
    """The port of a server on this host that answers for all machines."""
    records: dict[str, dict[str, dict[str, Record]]] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    machines: dict[str, FolderMachine] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    outage: Outage = OUTAGE

    def __post_init__(self) -> None:
        for name in (*STATES, *CLONES):
            self.records[name] = facts.of_release("1" if name in OLD else "2")
            self.changes[name] = [] if name in OLD else [facts.EXPECTED]

    def machine(self, state: str) -> FolderMachine:
        """Return the machine in a state, which is made when it is first asked for."""
        if state not in self.machines:
            disk = self.folder / state
            disk.mkdir()
            note = self.cell.expect.data[0].expected()
            (disk / "note").write_text(f"{note}\n", encoding="utf-8")
            (disk / "web.log").write_text("a line\n", encoding="utf-8")
            spec = MachineSpec(snapshot=IMAGE, name=state, architecture="amd64")
            port = self.ports.get(state, self.port)
            self.machines[state] = ProductMachine(spec, disk, FIDELITY, {80: port})
        return self.machines[state]

    def state(self, name: str) -> State:
        """Return a state, as a test sees it."""
        real = "upgraded" if name in CLONES else name
        return State(
            real,
            self.cell,
            FIDELITY,
            Facts(self.records[name]),
            tuple(self.changes[name]),
            1.0,
            (),
            lambda: self.machine(name),
        )

    def argument(self, name: str) -> Any:
        """Return the value of a fixture: a state, or a function of the suites."""
        match name:
            case "expectations":
                return self.cell.expect
            case "findings":
                return self.findings
            case "in_use":
                return InUse(self.state("upgraded"))
            case "outages":
                return KnownOutages(self.outage)
            case _:
                return self.state(name)

    def calls(self, check: Check) -> Iterator[dict[str, Any]]:
        """Yield the arguments of a check for each of its subjects."""
        names = inspect.signature(check).parameters
        marks = [mark for mark in getattr(check, "pytestmark", ()) if mark.name == "subject"]
        subject = next((mark.args[0] for mark in marks), None)
        fixed = {name: self.argument(name) for name in names if name != subject}
        if subject is None:
            yield fixed
            return
        for _, value in SUBJECTS[subject](self.cell):
            yield fixed | {subject: value}

    def failure(self, check: Check) -> str | None:
        """Return the message of the first call of a check that fails, or None."""
        calls = 0
        for arguments in self.calls(check):
            calls += 1
            try:
                check(**arguments)
            except AssertionError as error:
                return str(error)
            except pytest.skip.Exception:
                pass
        assert calls, f"{check.__name__} has no subject in the plan: it can't fail"
        return None


Spoil = Callable[[Product], object]


def record(in_state: str, probe: type[Probe[Any]], key: str, /, **fields: object) -> Spoil:
    """Change fields of one record."""

    def spoil(product: Product) -> None:
        records = product.records[in_state][probe.section]
        records[key] = records[key].model_copy(update=fields)

    return spoil


def gone(state: str, probe: type[Probe[Any]], key: str) -> Spoil:
    """Remove one record."""
    return lambda product: product.records[state][probe.section].pop(key)


def added(state: str, probe: type[Probe[Any]], key: str, new: Record) -> Spoil:
    """Add one record."""

    def spoil(product: Product) -> None:
        product.records[state][probe.section][key] = new

    return spoil


def on_disk(state: str, name: str, text: str = "") -> Spoil:
    """Write a file on the machine."""
    return lambda product: (product.machine(state).disk / name).write_text(text)


def unexplained(state: str) -> Spoil:
    """Add a change that neither the plan nor a known change expects."""
    change = Change(path="groups/web", before="gid=7", after=None, expected=False)
    return lambda product: product.changes[state].append(change)


def silent(state: str) -> Spoil:
    """Publish the endpoint on a port without a listener."""
    return lambda product: product.ports.update({state: 1})


def found(severity: str) -> Spoil:
    """Add a finding of the preflight."""
    text = {"title": "a disk is full", "meaning": "m", "remedy": "r", "severity": severity}
    finding = Finding.model_validate({"id": "disk/root", **text})
    return lambda product: product.findings.append(finding)


def outage(**parts: Seen | Alerted) -> Spoil:
    """Replace answers or alerts of the outage."""

    def spoil(product: Product) -> None:
        product.outage = replace(product.outage, **parts)  # type: ignore[arg-type]  # by name

    return spoil


def checks_of(suites: Sequence[ModuleType]) -> dict[str, tuple[ModuleType, Check]]:
    """Return the checks of suites by their ids, such as ``test_data::test_data_is_read``."""
    return {
        f"{suite.__name__.rpartition('.')[2]}::{name}": (suite, check)
        for suite in suites
        for name, check in vars(suite).items()
        if name.startswith("test_")
    }
