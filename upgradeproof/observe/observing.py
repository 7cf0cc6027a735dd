"""Observe packages: on a bare machine of the old release, with them, and after the next boot."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from debian.debian_support import Version

from upgradeproof.daemons import Daemon, Preparation
from upgradeproof.errors import MachineError, PlanError
from upgradeproof.globs import fits
from upgradeproof.machines import Backend, Machine, MachineSpec
from upgradeproof.observe import archive, configs, services, use
from upgradeproof.observe.order import Order
from upgradeproof.observe.services import Seen
from upgradeproof.observe.steps import actions_of, install_steps
from upgradeproof.observe.writing import Entry, Noted
from upgradeproof.plan import Expectations, Port
from upgradeproof.plan.steps.apt import AptSources
from upgradeproof.plan.steps.base import Script
from upgradeproof.probes import Facts, ProbeInputs, read
from upgradeproof.probes.conffiles import Conffiles
from upgradeproof.probes.files import Files
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.services import Services
from upgradeproof.probes.sockets import Sockets
from upgradeproof.results.journal import StepFinished, StepStarted
from upgradeproof.runner.checkpoints import Checkpoint, checkpoint_key, write_checkpoint
from upgradeproof.runner.executor import StepExecutor
from upgradeproof.runner.readiness import wait_until_ready
from upgradeproof.runner.recorder import Recorder
from upgradeproof.states import StateName

PROBES = (Conffiles, Files, Packages, Services, Sockets)
READY_S = 60.0
STAYS_S = 2.0
"""How long services must have been up: a port may be opened after a unit counts as active."""
OS_RELEASE = "/usr/lib/os-release"
"""The file os-release(5), whose package identifies the release of a machine."""

OnProgress = Callable[[str], None]
"""Takes a line that describes the current activity."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """All that a plan is written from."""

    order: Order
    system: str
    """The package that identifies the release of a machine."""
    preparations: tuple[Preparation, ...]
    seen: Seen
    offered: Mapping[str, str]
    """What the new release offers of the packages that count, by their names."""
    removed: frozenset[str] = frozenset()
    """Which of the others its upgrade removes."""
    services: tuple[Noted, ...] = ()
    expect: Mapping[str, tuple[Entry, ...]]
    left_out: tuple[str, ...] = ()

    @property
    def counting(self) -> tuple[str, ...]:
        """Return the packages of the release: the system's, those named, the services'."""
        running = services.of_packages(self.seen)
        return tuple(dict.fromkeys((self.system, *self.order.packages, *running)))


class Observer:
    """Observe one order on machines of a backend."""

    def __init__(
        self,
        order: Order,
        backend: Backend,
        daemons: Mapping[str, Daemon],
        on_progress: OnProgress,
        *,
        checkpoints: Path,
    ) -> None:
        """Know what to observe, and where; ``checkpoints``: their folder."""
        self._order = order
        self._checkpoints = checkpoints
        self._backend = backend
        self._daemons = daemons
        self._on_progress = on_progress
        self._run = uuid4().hex[:12]
        self._events: list[StepStarted | StepFinished] = []
        self._machines = 0

    def observe(self, image: str) -> Observed:
        """Return what was observed. Whatever was started is ended, also by an interruption.

        The machine with the packages is cached as an intermediate snapshot before ``installed``: a
        run of the plan starts from it.

        Raises PlanError for packages that the release does not have, StepError for ones that can't
        be installed, EnvironmentFailedError where the archive is out of reach.
        """
        with tempfile.TemporaryDirectory(prefix="upgradeproof-") as folder, self._backend.slot():
            recorder = Recorder(self._order.cell, Path(folder), _ignore)
            with self._machine(image) as machine:
                since = float(machine.run("date +%s.%N").text)
                executor = StepExecutor(recorder, StateName.INSTALLED, record=self._events.append)
                bare, preparations, installed = self._install(machine, executor)
                steps = install_steps(self._order.packages, preparations)
                key = checkpoint_key(image, actions_of(steps), self._backend.definition)
                self._on_progress("save the machine for the next boot")
                snapshot = self._backend.snapshot(machine, key, self._labels)
            with self._stored_if_done(key):
                tcp = {s.port for s in installed[Sockets].values() if s.protocol == "tcp"}
                with self._machine(snapshot, ports=tuple(sorted(tcp))) as machine:
                    seen = self._boot(machine, bare, installed)
                    events = tuple(self._events)
                    executor = StepExecutor(recorder, StateName.UPGRADED)
                    found = self._look(machine, executor, seen, preparations)
                checkpoint = Checkpoint(
                    done=len(actions_of(steps)),
                    since=since,
                    steps=events,
                    transcripts=recorder.collect(
                        event.transcript for event in events if isinstance(event, StepStarted)
                    ),
                )
                write_checkpoint(self._checkpoints, key, checkpoint)
            return found

    def _install(
        self, machine: Machine, executor: StepExecutor
    ) -> tuple[Facts, tuple[Preparation, ...], Facts]:
        packages = self._order.packages
        self._on_progress("read the facts of the bare machine")
        bare = read(machine, ProbeInputs(), PROBES)
        lists = actions_of(install_steps(packages))[0]
        self._do(machine, executor, lists)
        archive.check_names(machine, packages, self._order.old.name)
        preparations = self._preparations(archive.installs(machine, packages))
        actions = actions_of(install_steps(packages, preparations))
        self._do(machine, executor, *(action for action in actions if action != lists))
        self._on_progress("read the facts with the packages")
        self._settle(machine, Expectations())
        return bare, preparations, read(machine, ProbeInputs(), PROBES)

    def _boot(self, machine: Machine, bare: Facts, installed: Facts) -> Seen:
        self._on_progress("read the facts after a boot")
        before = Seen(bare=bare, installed=installed, booted=installed)
        ports = tuple(Port(port=n, protocol=_protocol(p)) for p, n in services.new_sockets(before))
        self._settle(machine, Expectations(services=services.units(before), port=ports))
        booted = read(machine, ProbeInputs(), PROBES)
        return Seen(bare=bare, installed=installed, booted=booted)

    def _look(
        self,
        machine: Machine,
        executor: StepExecutor,
        seen: Seen,
        preparations: tuple[Preparation, ...],
    ) -> Observed:
        """Test the machine, then change its sources to the new release and see what that offers."""
        left_out = [*services.stopped(seen), *services.moving_ports(seen)]
        self._on_progress("ask what listens")
        endpoints = parted(use.endpoints(machine, seen, self._daemons), left_out)
        data = parted(use.written_data(machine, seen, self._daemons), left_out)
        idle = [p for p in self._order.packages if p not in services.unit_packages(seen)]
        commands = tuple(use.programs(machine, idle if not services.units(seen) else ()))
        self._on_progress("restart the services, and see which configuration files they read")
        paths, more = configs.chosen(configs.read_at_start(machine, seen))
        left_out += [f"{path}: a service reads it, too" for path in more]
        expect = {
            "port": services.ports(seen),
            "config": configs.configs(machine, seen, paths, self._daemons),
            "endpoint": endpoints,
            "data": data,
            "command": commands,
        }
        found = Observed(
            order=self._order,
            system=archive.owner_of(machine, OS_RELEASE),
            preparations=preparations,
            seen=seen,
            offered={},
            services=services.services(seen),
            expect=expect,
            left_out=tuple(left_out),
        )
        return self._target(machine, executor, found)

    def _target(self, machine: Machine, executor: StepExecutor, found: Observed) -> Observed:
        old, new = self._order.old, self._order.new
        step = AptSources(old=old.codename, new=new.codename)
        self._do(machine, executor, *step.actions(Path()))
        offered = archive.offered(machine, found.counting)
        installed = found.seen.booted[Packages][found.system].version
        system = offered.get(found.system, "")
        if not system or Version(system) <= Version(installed):
            raise PlanError(
                f"{new.name} is no newer release than {old.name}: it has {found.system}"
                f" {system or '(none)'}, and {installed} is installed",
                resolution="name the older release with --from, and the newer one with --to",
            )
        removed: frozenset[str] = frozenset()
        if missing := set(found.counting) - set(offered):
            self._on_progress(f"see what becomes of {', '.join(sorted(missing))}")
            removed = archive.removed_by_upgrade(machine) & missing
        return replace(found, offered=offered, removed=removed)

    def _preparations(self, names: tuple[str, ...]) -> tuple[Preparation, ...]:
        return tuple(
            daemon.prepare
            for daemon in self._daemons.values()
            if daemon.prepare and any(fits(name, daemon.packages) for name in names)
        )

    def _do(self, machine: Machine, executor: StepExecutor, *actions: Script) -> None:
        for action in actions:
            self._on_progress(action.title)
            executor.run(machine, (action,))

    def _settle(self, machine: Machine, expect: Expectations) -> None:
        """Wait until what is expected exists for some time; what is missing is no fact."""
        wait_until_ready(machine, expect, StateName.INSTALLED, READY_S, stays_s=STAYS_S)

    @contextmanager
    def _machine(self, snapshot: str, ports: tuple[int, ...] = ()) -> Iterator[Machine]:
        self._machines += 1
        self._on_progress(f"start a machine of {self._order.platform.id}")
        name = f"upgradeproof-{self._run}-{self._order.name}-observed-{self._machines}"
        spec = MachineSpec(
            snapshot=snapshot,
            name=re.sub(r"[^A-Za-z0-9_.-]", "-", name),
            architecture=self._order.platform.architecture,
            ports=ports,
            labels={"upgradeproof.run": self._run},
        )
        with self._backend.start(spec) as machine:
            yield machine

    @property
    def _labels(self) -> Mapping[str, str]:
        return {
            "upgradeproof.state": "in progress",
            "upgradeproof.run": self._run,
            "upgradeproof.cell": self._order.cell,
        }

    @contextmanager
    def _stored_if_done(self, key: str) -> Iterator[None]:
        """Store a snapshot for the plan's run, unless the observation fails."""
        try:
            yield
        except BaseException:
            with suppress(MachineError):
                for snapshot in self._backend.snapshots():
                    if snapshot.key == key:
                        self._backend.forget(snapshot)
            raise


def _protocol(name: str) -> str:
    return "udp" if name == "udp" else "tcp"


def _ignore(_event: object) -> None:
    """Take the events of steps: no run's journal is written."""


def parted(found: Iterator[Entry | str], left_out: list[str]) -> tuple[Entry, ...]:
    """Return the tables of what was found, and add the lines to what is left out."""
    tables = []
    for each in found:
        if isinstance(each, Entry):
            tables.append(each)
        else:
            left_out.append(each)
    return tuple(tables)
