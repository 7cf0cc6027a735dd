"""What may or must change in an upgrade, and what must hold after it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Literal, Self, TypeVar

from pydantic import Field, model_validator

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.plan.changes import KnownChange, KnownSelection
from upgradeproof.plan.commands import ExpectedCommand
from upgradeproof.plan.data import Data
from upgradeproof.plan.degradation import Degradation
from upgradeproof.plan.disruption import Disruption
from upgradeproof.plan.endpoint import Endpoint, Firewall
from upgradeproof.plan.load import Load
from upgradeproof.plan.loading import Model, misplaced, nearest, repeated
from upgradeproof.plan.names import AbsolutePath, PortNumber, UnitName, unit_name
from upgradeproof.plan.units import DeclaredUnit
from upgradeproof.states import has_new_release

ConfigFormat = Literal["ini", "yaml", "json", "toml", "keyvalue", "env", "text"]
_ASKED = {
    "load": ("http", "https", "tcp"),
    "disruption": ("http", "https", "tcp"),
    "degradation": ("http", "https"),
}
"""The kinds of endpoints that expectations ask, by their key."""
_CONTENT = {
    "configs": ("sha256", "content"),
    "files": ("sha256", "size"),
    "edited_files": ("md5",),
}
"""The fields of the facts that a migration of a configuration file changes, by section."""


class Port(Model):
    """A port on which the product listens."""

    port: PortNumber
    protocol: Literal["tcp", "udp"] = "tcp"
    process: str = ""
    """The name of the process that must own it; empty: any."""
    change: Literal["kept", "moved", "retired", "added"] = "kept"
    to: PortNumber | None = None
    """The port after the upgrade, if it is moved."""

    @model_validator(mode="after")
    def _moved_somewhere(self) -> Self:
        if (self.change == "moved") != (self.to is not None):
            raise ValueError('`to` goes with change = "moved", and only with it')
        return self

    @property
    def before(self) -> int | None:
        """Return the port that must listen in ``installed``; None: it must not."""
        return None if self.change == "added" else self.port

    @property
    def after(self) -> int | None:
        """Return the port that must listen in ``upgraded``; None: it must not."""
        return None if self.change == "retired" else self.to or self.port

    def number_in(self, state: str) -> int | None:
        """Return the port that must listen in a state; None: it must not."""
        return self.after if has_new_release(state) else self.before


class Config(Model):
    """A configuration file that matters to an administrator."""

    path: AbsolutePath
    format: ConfigFormat = "text"
    check: str = ""
    """The daemon's own check of its configuration, such as ``nginx -t``."""
    change: Literal["kept", "migrated"] = "kept"
    """Whether its bytes stay the same, or the upgrade rewrites it."""
    to_format: ConfigFormat | None = None
    """The format after a migration; None: the same."""
    preserved_keys: tuple[str, ...] = ()
    """Dotted keys whose values a migration must preserve."""

    @model_validator(mode="after")
    def _formats_change_in_a_migration(self) -> Self:
        if self.to_format is not None and self.change != "migrated":
            raise ValueError('`to_format` goes with change = "migrated"')
        return self

    def format_in(self, state: str) -> ConfigFormat:
        """Return the format that the file must have in a state."""
        return self.to_format if self.to_format and has_new_release(state) else self.format


class Log(Model):
    """A log that is rotated, and that the service must continue to write."""

    path: AbsolutePath
    rotate: str = Field(min_length=1)
    """What rotates it now, such as ``logrotate --force /etc/logrotate.d/nginx``."""
    write: str = Field(min_length=1)
    """What makes the service write at least one line."""


class Expectations(Model):
    """Everything that must hold after an upgrade, and that may change in it."""

    services: tuple[UnitName, ...] = ()
    """systemd units that must be enabled and active in every state: the short form of `service`.

    A name without a type is that of a service."""
    service: tuple[DeclaredUnit, ...] = ()
    """Units, each with what the upgrade does with its name."""
    scripts: Literal["list", "run"] | None = None
    """Whether the administrator's scripts and jobs are run on clones, or are facts only; None: the
    latter."""
    modules: tuple[str, ...] = ()
    """Kernel modules that must be loaded or built in."""
    certificates: tuple[AbsolutePath, ...] = ()
    port: tuple[Port, ...] = ()
    config: tuple[Config, ...] = ()
    endpoint: tuple[Endpoint, ...] = ()
    firewall: tuple[Firewall, ...] = ()
    data: tuple[Data, ...] = ()
    command: tuple[ExpectedCommand, ...] = ()
    log: tuple[Log, ...] = ()
    load: tuple[Load, ...] = ()
    disruption: tuple[Disruption, ...] = ()
    degradation: tuple[Degradation, ...] = ()
    change: tuple[KnownChange, ...] = ()
    known: KnownSelection = KnownSelection()
    """Which known changes count besides or instead of those that the machines select."""

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        for name in ("endpoint", "data", "command", "load", "degradation"):
            ids = [item.id for item in getattr(self, name)]
            if (again := repeated(ids)) is not None:
                raise misplaced(f"{ids[again]!r} is the id of another {name}", name, again, "id")
        units = [unit_name(unit.name) for unit in self.service]
        if (again := repeated(units)) is not None:
            raise misplaced(f"there is another service {units[again]!r}", "service", again, "name")
        asked = [disruption.endpoint for disruption in self.disruption]
        if (again := repeated(asked)) is not None:
            what = f"there is another disruption of {asked[again]!r}"
            raise misplaced(what, "disruption", again, "endpoint")
        return self

    def merged(self, other: Expectations) -> Expectations:
        """Return these expectations with those of ``other``, which win where both name a thing."""
        return Expectations(
            services=_unique((*self.services, *other.services)),
            service=_override(self.service, other.service, lambda s: unit_name(s.name)),
            scripts=other.scripts or self.scripts,
            modules=_unique((*self.modules, *other.modules)),
            certificates=_unique((*self.certificates, *other.certificates)),
            port=_override(self.port, other.port, lambda p: (p.protocol, p.port)),
            config=_override(self.config, other.config, lambda c: c.path),
            endpoint=_override(self.endpoint, other.endpoint, lambda e: e.id),
            firewall=_override(self.firewall, other.firewall, lambda f: f.port),
            data=_override(self.data, other.data, lambda d: d.id),
            command=_override(self.command, other.command, lambda c: c.id),
            log=_override(self.log, other.log, lambda log: log.path),
            load=_override(self.load, other.load, lambda load: load.id),
            disruption=_override(self.disruption, other.disruption, lambda d: d.endpoint),
            degradation=_override(self.degradation, other.degradation, lambda d: d.id),
            change=(*self.change, *other.change),
            known=self.known.merged(other.known),
        )

    def check_endpoints(self, others: Iterable[Endpoint], *at: int | str) -> None:
        """Raise a misplaced error, below ``at``, for an endpoint that can't be tested this way.

        The endpoint may be one of these expectations or of ``others``.
        """
        endpoints = {endpoint.id: endpoint for endpoint in (*others, *self.endpoint)}
        for key, kinds in _ASKED.items():
            found = (each for each in endpoints.values() if each.published)
            asked = {each.id for each in found if each.kind in kinds}
            for place, asking in enumerate(getattr(self, key)):
                if asking.endpoint not in asked:
                    named = f"{', '.join(kinds[:-1])} or {kinds[-1]}"
                    what = f"there is no endpoint {asking.endpoint!r} of the kind {named}"
                    advice = nearest(asking.endpoint, asked)
                    raise misplaced(f"{what}; {advice}", *at, key, place, "endpoint")
        for place, disruption in enumerate(self.disruption):
            endpoint = endpoints[disruption.endpoint]
            if endpoint.kind == "tcp" and not endpoint.send:
                what = f"{endpoint.id!r} has no `send`, which is sent over persistent connections"
                raise misplaced(what, *at, "disruption", place, "endpoint")

    @property
    def units(self) -> tuple[DeclaredUnit, ...]:
        """Return the units of `services` and of `service`, each once; `service` wins."""
        short = (DeclaredUnit(name=name) for name in self.services)
        return _override(short, self.service, lambda unit: unit_name(unit.name))

    def units_in(self, state: str) -> tuple[str, ...]:
        """Return the full names of the units that must be enabled and active in a state."""
        return _unique(name for unit in self.units if (name := unit.name_in(state)))

    def service_in(self, state: str, name: str) -> str | None:
        """Return the full name in a state of the unit that the plan names so; None: it has none.

        A unit that the plan does not declare is called the same in every state.
        """
        named = (unit for unit in self.units if unit_name(unit.name) == unit_name(name))
        unit = next(named, None)
        return unit.name_in(state) if unit else unit_name(name)

    def unit_after(self, unit: str) -> str | None:
        """Return the full name after the upgrade of a unit's full name; None: it has none."""
        declared = next((each for each in self.units if each.before == unit), None)
        return declared.after if declared else unit

    def port_in(self, state: str, port: int) -> int:
        """Return where a TCP port of the old release is found in a state."""
        return self.port_after(port) if has_new_release(state) else port

    def port_after(self, port: int) -> int:
        """Return where a TCP port of the old release is found after the upgrade."""
        moved = (p.to for p in self.port if p.protocol == "tcp" and p.port == port and p.to)
        return next(moved, port)

    def reason_for(self, path: str, kind: ChangeKind | None = None) -> str | None:
        """Return why a change at this path of the diff is expected, or None: it is not.

        ``kind``: what kind of change it is; None where the caller does not know.
        """
        declared = next((known.reason for known in self.change if known.covers(path, kind)), None)
        units = (unit.reason_for(path) for unit in self.units)
        return declared or next(filter(None, units), None) or self._migrated(path)

    def _migrated(self, path: str) -> str | None:
        """Return that a migration changes the content of a file, or None: no such is declared."""
        section, _, rest = path.partition("/")
        file, _, field = rest.rpartition("/")
        migrated = {config.path for config in self.config if config.change == "migrated"}
        if section == "edited_files" and rest in migrated:  # it may be as its package brings it
            file, field = rest, "md5"
        if file in migrated and field in _CONTENT.get(section, ()):
            return f"the plan declares {file} as migrated"
        return None


T = TypeVar("T")


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def _override(first: Iterable[T], then: Iterable[T], key: Callable[[T], Hashable]) -> tuple[T, ...]:
    return tuple({key(item): item for item in (*first, *then)}.values())
