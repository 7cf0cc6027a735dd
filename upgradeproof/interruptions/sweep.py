"""Interrupt one cell's upgrade at every step that dpkg takes, by every fault, and recover it."""

from __future__ import annotations

import json
import secrets
import shlex
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from upgradeproof.errors import HarnessError, ProductError, UpgradeproofError
from upgradeproof.files import write_atomically
from upgradeproof.home import Home
from upgradeproof.interruptions.faults import FAULTS, Fault
from upgradeproof.interruptions.recovery import recover, recoveries
from upgradeproof.interruptions.trap import FOLDER, Moment, moments, trapped
from upgradeproof.machines import Machine
from upgradeproof.plan import Cell
from upgradeproof.plan.steps import Action, Script
from upgradeproof.probes import Facts, diff, read
from upgradeproof.probes.base import every_probe
from upgradeproof.probes.packages import Packages
from upgradeproof.results import Journal, Verdict
from upgradeproof.runner import Runner
from upgradeproof.runner.executor import StepExecutor
from upgradeproof.runner.inputs import probe_inputs
from upgradeproof.runner.readiness import wait_until_ready
from upgradeproof.states import StateName

LINES = 5
"""How many differences a row shows of a machine that reached no known state."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of one interruption."""

    fault: str
    step: str
    """What dpkg did at that moment, in apt's words."""
    verdict: Verdict
    recovered_by: tuple[str, ...] = ()
    """What was tried; the last of it helped, where the verdict is ``passed``."""
    state: str = ""
    """The state that the machine is in then: ``upgraded`` or ``installed``; empty: neither."""
    duration_s: float = 0.0
    """From the first attempt to recover to the facts that prove it."""
    details: str = ""

    @property
    def line(self) -> str:
        """Return the outcome on one line, for a log that is watched."""
        how = self.recovered_by[-1] if self.verdict is Verdict.PASSED else self.verdict
        return f"{self.fault} at {self.step}: {how} {self.state}".rstrip()


class Sweep:
    """The sweep of one cell, whose states are reached."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._cell: Cell = runner.cell
        self._facts = {
            name: runner.reach(name).facts for name in (StateName.UPGRADED, StateName.INSTALLED)
        }

    def moments(self) -> tuple[Moment, ...]:
        """Return the steps that dpkg takes in the upgrade, from an upgrade without a fault.

        Raises HarnessError when apt reports none.
        """
        found: list[Moment] = []
        with self._runner.clone(StateName.INSTALLED) as machine:
            for number, action in enumerate(self._actions):
                if not isinstance(action, Script):
                    self._carry_out("undisturbed", machine, (action,))
                    continue
                watched = Script(
                    title=action.title,
                    script=trapped(action.script),
                    timeout_s=action.timeout_s,
                )
                self._carry_out("undisturbed", machine, (watched,))
                found += moments(machine.get(f"{FOLDER}/log").decode("utf-8", "replace"), number)
        if not found:
            raise HarnessError(
                f"the upgrade of {self._cell.id} has no step of dpkg to interrupt",
                resolution="only upgrades that run apt can be interrupted",
            )
        return tuple(found)

    def outcome(self, fault: Fault, moment: Moment, number: int) -> Outcome:
        """Interrupt the upgrade once, recover it, and return what came of it; never raises."""
        row = partial(Outcome, fault=fault.name, step=moment.message)
        name = f"{fault.name}-{number:03}"
        try:
            with self._runner.clone(StateName.INSTALLED) as machine:
                before, action = self._actions[: moment.action], self._actions[moment.action]
                self._carry_out(name, machine, before)
                if not isinstance(action, Script):
                    raise HarnessError(f"{action.title} is no script")
                fault.interrupt(machine, action, moment)
                return self._recovered(row, machine, moment, name)
        except UpgradeproofError as error:
            return row(verdict=Verdict.of(error), details=str(error))

    def _recovered(
        self, row: Callable[..., Outcome], machine: Machine, moment: Moment, name: str
    ) -> Outcome:
        started = time.monotonic()
        seen: list[str] = []
        tried, state, failures = recover(
            machine,
            recoveries(self._actions[moment.action :], self._runner.actions(StateName.ROLLED_BACK)),
            lambda at, actions: self._attempt(name, at, actions),
            lambda at: self._arrived(at, seen),
        )
        return row(
            verdict=Verdict.PASSED if state else Verdict.FAILED,
            recovered_by=tried,
            state=state,
            duration_s=time.monotonic() - started,
            details="" if state else "\n".join([*failures, *seen]),
        )

    @property
    def _actions(self) -> tuple[Action, ...]:
        return self._runner.actions(StateName.UPGRADED)

    def _attempt(self, name: str, machine: Machine, actions: Sequence[Action]) -> str:
        try:
            self._carry_out(name, machine, actions)
        except ProductError as error:
            return error.brief
        return ""

    def _carry_out(self, name: str, machine: Machine, actions: Sequence[Action]) -> None:
        executor = StepExecutor(self._runner.recorder, name)
        executor.run(machine, actions)

    def _arrived(self, machine: Machine, seen: list[str]) -> str:
        """Return the state whose facts are the machine's; ``seen`` gets what differs from each."""
        seen.clear()
        for state, facts in self._facts.items():
            lines = self._wrong_packages(machine, facts) or self._differences(machine, state, facts)
            if not lines:
                return state
            seen.append(f"differs from {state} in {len(lines)}: {'; '.join(lines[:LINES])}")
        return ""

    def _wrong_packages(self, machine: Machine, facts: Facts) -> list[str]:
        """Return the product's packages that a state has otherwise: cheap, and asked first."""
        wrong = []
        for name in sorted({*self._cell.old.packages, *self._cell.new.packages}):
            done = machine.run(version_script(name))
            known = facts[Packages].get(name)
            right = f"{known.version} ii" if known and known.installed else ""
            found = done.text.strip() if done.ok else ""
            if found != right:
                wrong.append(f"{name} is {found or 'not there'}, not {right or 'gone'}")
        return wrong

    def _differences(self, machine: Machine, state: str, facts: Facts) -> list[str]:
        """Return the facts that differ, after services and sockets had time to start."""
        wait_until_ready(machine, self._cell.expect, state, self._cell.plan.ready_timeout_s)
        now = read(machine, probe_inputs(self._cell, state, time.time()))
        events = tuple(f"{probe.section}/" for probe in every_probe() if probe.events)
        return [
            f"{line.path}: {line.before} -> {line.after}"
            for line in diff(facts, now)
            if not line.path.startswith(events)
            and self._cell.reason_for(StateName.ROLLED_BACK, line.path) is None
        ]


def version_script(package: str) -> str:
    """Return the script that prints the version and the state of a package."""
    return f"dpkg-query -W -f '${{Version}} ${{db:Status-Abbrev}}' -- {shlex.quote(package)}"


def sweep(
    home: Home, cell: Cell, reports: Path, *, at: str = "*", faults: Sequence[str] | None = None
) -> Iterator[Outcome]:
    """Yield the result of each interruption of a cell, one after the other.

    ``at`` is a glob over apt's words for a step; ``faults`` names some of them, None all. Raises
    the error of a state that is not reached, and HarnessError where nothing can be
    interrupted. Transcripts, the journal and the outcomes as JSON go to ``reports``.
    """
    yield from recorded(_outcomes(home, cell, reports, at, faults), reports / "interruptions.json")


def recorded(outcomes: Generator[Outcome, None, None], path: Path) -> Iterator[Outcome]:
    """Yield outcomes, each after it was written with those before it: a stop loses none."""
    found: list[Outcome] = []
    write_atomically(path, as_json(found))
    with closing(outcomes):
        for outcome in outcomes:
            found.append(outcome)
            write_atomically(path, as_json(found))
            yield outcome


def _outcomes(
    home: Home, cell: Cell, reports: Path, at: str, faults: Sequence[str] | None
) -> Generator[Outcome, None, None]:
    run_id = secrets.token_hex(4)
    with Journal(reports / "journal" / f"{run_id}.jsonl") as journal:
        context = home.run_context(reports, journal, run_id, fresh=False, watched=False)
        with Runner(cell, context) as runner:
            work = Sweep(runner)
            moments = tuple(m for m in work.moments() if fnmatchcase(m.message, at))
            for fault in (FAULTS[name] for name in faults or FAULTS):
                for number, moment in enumerate(fault.chosen(moments), start=1):
                    yield work.outcome(fault, moment, number)


def as_json(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes for other programs."""
    return json.dumps([asdict(each) for each in outcomes], indent=1, default=str) + "\n"
