"""Ask the twin of a captured server what it answers, and add that to the plan.

The server itself is asked nothing: a question leaves lines in its logs, and data that is written to
prove something would stay. The twin is a machine of this host that may be written to.
"""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from upgradeproof.capture.knowledge import knowledge
from upgradeproof.daemons import Daemon, daemons
from upgradeproof.errors import PlanError
from upgradeproof.home import Home
from upgradeproof.machines import Machine
from upgradeproof.observe import configs, use
from upgradeproof.observe.observing import PROBES, parted
from upgradeproof.observe.services import Seen, unit_packages
from upgradeproof.observe.writing import Entry, table_text
from upgradeproof.plan import Endpoint, Plan, expand
from upgradeproof.plan.editing import Place, add_keys, add_table
from upgradeproof.plan.writing import refuse_read_only, write_plan
from upgradeproof.probes import Facts, ProbeInputs, Record, read
from upgradeproof.probes.files import Files
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.services import Services
from upgradeproof.probes.sockets import Sockets
from upgradeproof.results import Journal
from upgradeproof.runner import Runner
from upgradeproof.states import StateName

NAMED = {"config": "path", "endpoint": "id", "data": "id"}
"""The lists of a plan that are filled, each with the key that names one of its tables."""

_KEY = "'^-----BEGIN |^[a-z0-9-]+ AAAA[0-9A-Za-z+/]{20}'"
"""The beginning of a key or a certificate, in PEM or as OpenSSH writes it."""

OnProgress = Callable[[str], object]
Daemons = Mapping[str, Daemon]


@dataclass(frozen=True, kw_only=True)
class Added:
    """What became of an observation."""

    added: tuple[str, ...]
    """A line for each table and key that is in the plan now."""
    left_out: tuple[str, ...]
    """What was seen and is not in the plan, and why."""


def observe_twin(home: Home, on_progress: OnProgress = lambda _: None) -> Added:
    """Build the twin of a captured server, ask it, and add to its plan what it answered.

    ``home`` names one plan. What the plan has already stays as it is. Raises PlanError for a plan
    that is not of a captured server or can't be written, and what prevents ``installed``: then the
    transcripts are in the folder ``observe`` of the reports.
    """
    (plan,), (path,) = home.plans, home.plan_files
    if not plan.captured:
        raise PlanError(
            f"{path} is not the plan of a captured server",
            resolution="`upgradeproof init PACKAGE...` observes packages",
        )
    refuse_read_only(path)
    cell = expand((with_every_port(plan),), home.images)[0]
    run_id = secrets.token_hex(4)
    reports = home.reports / "observe" / cell.id
    with Journal(reports / "journal" / f"{run_id}.jsonl") as journal:
        context = home.run_context(reports, journal, run_id, fresh=False, watched=False)
        with Runner(cell, context) as runner:
            on_progress(f"build the twin: {cell.platform.id}, as far as `installed`")
            installed = runner.reach(StateName.INSTALLED).facts
            on_progress("start another machine from it, which may be changed")
            with runner.clone(StateName.INSTALLED) as machine:
                found, left_out = _look(machine, plan, installed, on_progress)
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    text, added, without_place = edited(text, plan, found)
    if added:
        write_plan(path, text)
    return Added(added=tuple(added), left_out=(*left_out, *without_place))


def with_every_port(plan: Plan) -> Plan:
    """Return the plan with something to ask at each port, so that all of them are published."""
    asked = {endpoint.port for endpoint in plan.expect.endpoint}
    more = tuple(
        Endpoint(id=f"port-{port.port}", kind="tcp", port=port.port)
        for port in plan.expect.port
        if port.protocol == "tcp" and port.port not in asked
    )
    endpoints = (*plan.expect.endpoint, *more)
    expect = plan.expect.model_copy(update={"endpoint": endpoints})
    return plan.model_copy(update={"expect": expect})


def _look(
    machine: Machine, plan: Plan, installed: Facts, on_progress: OnProgress
) -> tuple[dict[str, tuple[Entry, ...]], list[str]]:
    """Ask a machine that is the twin's own copy; return the tables, and what is left out."""
    asked = {endpoint.port for endpoint in plan.expect.endpoint}
    ports = {(p.protocol, p.port) for p in plan.expect.port if p.port not in asked}
    seen = apart(installed, read(machine, ProbeInputs(), PROBES), ports)
    known = _in_use(daemons(plan.folder), plan)
    left_out: list[str] = []
    on_progress("ask what listens")
    endpoints = parted(use.endpoints(machine, seen, known), left_out)
    on_progress("write and read data through the daemons' clients")
    data = parted(use.written_data(machine, seen, known), left_out)
    on_progress("restart the services, and see which configuration files they read")
    named = [config.path for config in plan.expect.config]
    read_too = [path for path in configs.read_at_start(machine, seen) if path not in named]
    wanted = dict.fromkeys(chosen_files(machine, seen, read_too, named, known))
    paths, more = configs.chosen(tuple(wanted))
    left_out += [f"{path}: a service reads it, too" for path in more]
    there = [path for path in named if path in seen.booted[Files]]
    tables = configs.configs(machine, seen, [*there, *paths], known)
    return {"config": tables, "endpoint": endpoints, "data": data}, left_out


def chosen_files(
    machine: Machine, seen: Seen, paths: Sequence[str], named: Sequence[str], known: Daemons
) -> Iterator[str]:
    """Yield the files that an administrator wrote, then one for each known daemon without any.

    Keys and certificates are none. ``named``: the files that the plan has already.
    """
    words = shlex.join(paths)
    keys = machine.run(f"grep -lsE -e {_KEY} -- {words} /dev/null").text.splitlines()
    files = seen.booted[Files]
    own = [p for p in paths if p not in keys and (files[p].edited or not files[p].package)]
    yield from own
    for daemon in configs.running(seen, known):
        if not any(configs.is_read_by(daemon, path) for path in (*named, *own)):
            yield from [path for path in paths if configs.is_read_by(daemon, path)][:1]


def _in_use(known: Daemons, plan: Plan) -> Daemons:
    """Return the daemons without the data that the plan has already."""
    ids = {data.id for data in plan.expect.data}
    return {
        name: daemon.model_copy(
            update={"data": tuple(data for data in daemon.data if data.id not in ids)}
        )
        for name, daemon in known.items()
    }


def apart(installed: Facts, booted: Facts, ports: Collection[tuple[str, int]]) -> Seen:
    """Return what of a twin is its server's own, as if the rest had been there before.

    That are the units that not every system has, sockets on the ports of the plan, and files below
    /etc that an administrator wrote or edited, or that came with the packages of these units.
    """

    def on_ports(facts: Facts) -> Facts:
        found = facts[Sockets].items()
        sockets = {key: s for key, s in found if (s.protocol, s.port) in ports}
        return Facts({**facts.sections, Sockets.section: sockets})

    units = {name: unit for name, unit in booted[Services].items() if knowledge().ordinary(name)}
    nothing: dict[str, Record] = {}
    empty = dict.fromkeys((Packages.section, Files.section, Sockets.section), nothing)
    bare = Facts({**empty, Services.section: units})
    seen = Seen(bare=bare, installed=on_ports(installed), booted=on_ports(booted))
    own = unit_packages(seen)
    files = {
        path: file
        for path, file in booted[Files].items()
        if file.package and file.package not in own and not file.edited
    }
    bare = Facts({**bare.sections, Files.section: files})
    return Seen(bare=bare, installed=seen.installed, booted=seen.booted)


def edited(
    text: str, plan: Plan, found: Mapping[str, tuple[Entry, ...]]
) -> tuple[str, list[str], list[str]]:
    """Return the text of the plan with what was found, a line for each part, and what is left out.

    A part is left out where the plan's layout has no place for its table.
    """
    added, left_out = [], []
    for key, entries in found.items():
        place = Place(key=f"expect.{key}")
        there = {getattr(each, NAMED[key]): each for each in getattr(plan.expect, key)}
        for entry in entries:
            name = entry.keys[NAMED[key]]
            check = entry.keys.get("check", "")
            try:
                if name not in there:
                    text = add_table(text, place, table_text(place.table, entry))
                    added.append(f"{place.header} {' '.join(_words(entry))}")
                elif check and not there[name].check:
                    text = add_keys(text, place, list(there).index(name), {"check": check})
                    added.append(f"{place.header} {name}: check = {check}")
            except PlanError as error:
                left_out.append(f"{place.header} {' '.join(_words(entry))}: {error.brief}")
    return text, added, left_out


def _words(entry: Entry) -> Iterator[str]:
    """Yield what distinguishes a table from others of its list."""
    name = "id" if "id" in entry.keys else "path"
    for key in (name, "kind", "port", "format", "check"):
        if value := entry.keys.get(key):
            yield str(value)
