"""Read the units out of what the script of the unit properties prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from upgradeproof.probes.base import Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.owners import merged, owner
from upgradeproof.probes.text import clean, number, rows, unit_of
from upgradeproof.probes.unit_scripts import Scripts
from upgradeproof.probes.unit_settings import DEPENDENCIES, PROPERTIES, field_name, setting
from upgradeproof.probes.unit_uses import belongs, names, use, writes

_MAXIMUM_USES = 40


class UnitProperties(Record):
    """One service or socket; fields are named after systemd's properties, see systemd.exec(5).

    Only what deviates from the default is there: of systemd, or of this manager.
    """

    volatile: ClassVar[frozenset[str]] = frozenset(
        {"uses", "set_by_drop_in", "declared", "running", "after", "requires"}
    )
    load: str = "loaded"
    """``not-found``: the unit's file is gone while it runs, or drop-ins configure no unit."""
    needs_reload: bool = False
    """Files on the disk are newer than what systemd has loaded."""
    package: str = ""
    """That brings the unit's file; empty for one of the administrator's."""
    drop_ins: tuple[str, ...] = ()
    """Files in /etc and /run that change the unit."""
    set_by_drop_in: tuple[str, ...] = ()
    """The properties that they set."""
    declared: bool = False
    """The plan names the service."""
    running: bool = False
    uses: tuple[str, ...] = ()
    """Paths that its processes had open, or that its configuration names, where a sandbox may hide
    or protect them: ``writes /home/a/log``, ``names /tmp/feed (/etc/a.conf)``."""
    system_call_filter: tuple[str, ...] = ()
    """As the files write it: systemd's groups of calls grow with every version."""
    exec_start: tuple[str, ...] = ()
    exec_start_pre: tuple[str, ...] = ()
    exec_start_post: tuple[str, ...] = ()
    protect_system: tuple[str, ...] = ()
    protect_home: tuple[str, ...] = ()
    private_tmp: tuple[str, ...] = ()
    private_devices: tuple[str, ...] = ()
    private_network: tuple[str, ...] = ()
    private_users: tuple[str, ...] = ()
    no_new_privileges: tuple[str, ...] = ()
    protect_kernel_tunables: tuple[str, ...] = ()
    protect_kernel_modules: tuple[str, ...] = ()
    protect_kernel_logs: tuple[str, ...] = ()
    protect_control_groups: tuple[str, ...] = ()
    protect_clock: tuple[str, ...] = ()
    protect_hostname: tuple[str, ...] = ()
    protect_proc: tuple[str, ...] = ()
    memory_deny_write_execute: tuple[str, ...] = ()
    restrict_namespaces: tuple[str, ...] = ()
    restrict_realtime: tuple[str, ...] = ()
    restrict_suidsgid: tuple[str, ...] = ()
    restrict_address_families: tuple[str, ...] = ()
    lock_personality: tuple[str, ...] = ()
    device_policy: tuple[str, ...] = ()
    inaccessible_paths: tuple[str, ...] = ()
    read_only_paths: tuple[str, ...] = ()
    dynamic_user: tuple[str, ...] = ()
    ipaddress_deny: tuple[str, ...] = ()
    limit_nofile: tuple[str, ...] = ()
    limit_nproc: tuple[str, ...] = ()
    limit_core: tuple[str, ...] = ()
    limit_memlock: tuple[str, ...] = ()
    limit_as: tuple[str, ...] = ()
    limit_fsize: tuple[str, ...] = ()
    memory_max: tuple[str, ...] = ()
    memory_high: tuple[str, ...] = ()
    tasks_max: tuple[str, ...] = ()
    cpuquota_per_sec_usec: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    supplementary_groups: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    environment_files: tuple[str, ...] = ()
    umask: tuple[str, ...] = ()
    nice: tuple[str, ...] = ()
    oomscore_adjust: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    restart_usec: tuple[str, ...] = ()
    working_directory: tuple[str, ...] = ()
    root_directory: tuple[str, ...] = ()
    capability_bounding_set: tuple[str, ...] = ()
    ambient_capabilities: tuple[str, ...] = ()
    read_write_paths: tuple[str, ...] = ()
    device_allow: tuple[str, ...] = ()
    state_directory: tuple[str, ...] = ()
    runtime_directory: tuple[str, ...] = ()
    runtime_directory_mode: tuple[str, ...] = ()
    logs_directory: tuple[str, ...] = ()
    listen: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()
    socket_mode: tuple[str, ...] = ()
    socket_user: tuple[str, ...] = ()
    socket_group: tuple[str, ...] = ()
    state_directory_mode: tuple[str, ...] = ()
    runtime_max_usec: tuple[str, ...] = ()
    watchdog_usec: tuple[str, ...] = ()
    timeout_start_usec: tuple[str, ...] = ()
    timeout_stop_usec: tuple[str, ...] = ()
    kill_mode: tuple[str, ...] = ()
    kill_signal: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()

    def get(self, name: str) -> tuple[str, ...]:
        """Return a property's values by systemd's name; empty for the default."""
        value: tuple[str, ...] = getattr(self, field_name(name))
        return value


class Table:
    """What the script prints: units, drop-ins, and what processes and configuration use."""

    def __init__(self, output: str) -> None:
        self.capabilities = 0
        self.templates: set[str] = set()
        self.defaults: dict[str, str] = {}
        self.blocks: list[dict[str, list[str]]] = [{}]
        self.drop_ins: dict[str, dict[str, list[str]]] = {}
        """Files and the properties that they set, by unit."""
        self.filters: dict[str, list[str]] = {}
        self.owners: dict[str, str] = {}
        self.named: list[tuple[str, str]] = []
        self.scripts = Scripts()
        self._open: list[tuple[str, str]] = []
        self._flags: dict[str, str] = {}
        self._units: dict[str, str] = {}
        for cells in rows(clean(output)):
            self._read(cells)
        self.uses: dict[str, set[str]] = {}
        for descriptor, path in self._open:
            pid = descriptor.split("/")[2] if descriptor.count("/") > 2 else ""  # noqa: PLR2004
            flags = self._flags.get(descriptor.replace("/fd/", "/fdinfo/"), "")
            if text := use(path, writing=writes(flags)):
                self.uses.setdefault(self._units.get(pid, ""), set()).add(text)

    def _read(self, cells: list[str]) -> None:
        match cells:
            case ["capabilities", text]:
                self.capabilities = (number(text) or 0) + 1
            case ["template", unit]:
                self.templates.add(unit)
            case ["default", text]:
                name, _, self.defaults[name] = text.partition("=")
            case ["unit", *texts]:
                name, equals, value = "\t".join(texts).partition("=")
                if equals:
                    self.blocks[-1].setdefault(name, []).append(value)
                else:
                    self.blocks.append({})
            case [what, path, *texts]:
                self._read_file(what, path, "\t".join(texts))

    def _read_file(self, what: str, path: str, text: str) -> None:
        """Take what belongs to a file: of a unit, a process or /etc."""
        match what:
            case "dropin":
                unit = path.split("/")[-2].removesuffix(".d") if path.count("/") > 1 else ""
                found = self.drop_ins.setdefault(unit, {}).setdefault(path, [])
                found += [name] if (name := text.partition("=")[0].strip()) else []
            case "filter":
                found = self.filters.setdefault(merged(path), [])
                found += [] if text.strip() in found else [text.strip()]
            case "owner":
                self.owners[merged(text)] = path
            case "open":
                self._open.append((path, text))
            case "flags":
                self._flags[path] = text
            case "group":
                self._units[path] = unit_of(text)
            case "named":
                self.named.append((path, text))
            case _:
                self.scripts.read(what, path, text)

    def exists(self, unit: str) -> bool:
        """Return whether what drop-ins are for is there, or is a whole kind of units."""
        if unit.count(".") == 0 or unit.startswith("."):
            return True
        template = re.sub(r"@[^.]*(?=\.\w+$)", "@", unit)
        return unit.rpartition(".")[0].endswith("-") or template in self.templates

    def unit(self, block: Mapping[str, list[str]], inputs: ProbeInputs) -> UnitProperties | None:
        """Return one unit; None where it is neither there nor running."""
        unit, load, active = (one(block, name) for name in ("Id", "LoadState", "ActiveState"))
        running = active in ("active", "activating", "reloading", "deactivating")
        source = one(block, "FragmentPath")
        if "/transient/" in source or (load != "loaded" and not (load == "not-found" and running)):
            return None
        if not running and ("@" in unit or not self._started(block, inputs)):
            return None
        if one(block, "Type") == "dbus" and not self._started(block, inputs):
            return None
        package = owner(self.owners, source)
        drop_ins = self.drop_ins.get(unit, {})
        oneshot = {"DefaultTimeoutStartUSec": "infinity"} if one(block, "Type") == "oneshot" else {}
        values: dict[str, Any] = {
            field_name(name): setting(
                name,
                [text for each in DEPENDENCIES.get(name, (name,)) for text in block.get(each, [])],
                self.defaults | oneshot,
                one(block, f"{name}Soft"),
                self.capabilities,
            )
            for name in PROPERTIES
            if load == "loaded"
        }
        filters = [self.filters.get(path, []) for path in (merged(source), *drop_ins)]
        return UnitProperties(
            **values,
            load=load,
            needs_reload=one(block, "NeedDaemonReload") == "yes",
            package=package,
            drop_ins=tuple(sorted(drop_ins)),
            set_by_drop_in=tuple(sorted({name for found in drop_ins.values() for name in found})),
            declared=declared(unit, inputs.services),
            running=running,
            uses=self._used(unit, package),
            system_call_filter=tuple(text for found in filters for text in found),
        )

    def _started(self, block: Mapping[str, list[str]], inputs: ProbeInputs) -> bool:
        """Return whether something starts the unit: a boot, a timer, a socket, the administrator.

        An inactive one that nothing starts is loaded or not as it happens.
        """
        unit = one(block, "Id")
        return bool(
            one(block, "FragmentPath").startswith("/run/systemd/generator")
            or any(one(block, name) for name in ("TriggeredBy", "WantedBy", "RequiredBy"))
            or unit in self.drop_ins
            or declared(unit, inputs.services)
        )

    def _used(self, unit: str, package: str) -> tuple[str, ...]:
        found = set(self.uses.get(unit, ()))
        found |= self.scripts.uses(lambda file: belongs(file, unit, package))
        for file, text in self.named:
            if belongs(file, unit, package):
                found |= set(names(file, text))
        return tuple(sorted(found)[:_MAXIMUM_USES])


def one(block: Mapping[str, list[str]], name: str) -> str:
    """Return the first value of a property; empty without one."""
    return block.get(name, [""])[0]


def declared(unit: str, services: tuple[str, ...]) -> bool:
    """Return whether the plan names a unit, the wrapper of an instance, or its service."""
    stem, _, kind = unit.rpartition(".")
    stems = {stem, stem.partition("@")[0]}
    return unit in services or any(
        name.rpartition(".")[0].removesuffix("@") in stems
        and name.rpartition(".")[2] in (kind, "service")
        for name in services
    )
