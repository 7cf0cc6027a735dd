"""Subjects: what the plan declares, one test for each; a test names its subject by a mark."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from upgradeproof.plan import (
    Cell,
    Component,
    Config,
    DeclaredUnit,
    Degradation,
    Port,
    Release,
    Target,
)
from upgradeproof.states import StateName

Subjects = Callable[[Cell], Iterable[tuple[str, Any]]]


def _ports(fits: Callable[[Port], bool]) -> Subjects:
    return lambda cell: ((f"{p.protocol}-{p.port}", p) for p in cell.expect.port if fits(p))


def _units(fits: Callable[[DeclaredUnit], bool]) -> Subjects:
    return lambda cell: ((unit.name, unit.name) for unit in cell.expect.units if fits(unit))


def _firewall(allowed: bool) -> Subjects:
    return lambda cell: ((f"tcp-{f.port}", f) for f in cell.expect.firewall if f.allowed is allowed)


def _configs(fits: Callable[[Config], bool]) -> Subjects:
    return lambda cell: ((config.path, config) for config in cell.expect.config if fits(config))


def _degradations(fits: Callable[[Degradation], bool]) -> Subjects:
    return lambda cell: ((d.id, d) for d in cell.expect.degradation if fits(d))


def _loads(fits: Callable[[Target], bool]) -> Subjects:
    return lambda cell: ((load.id, load) for load in cell.expect.load if fits(load.target))


def _components(release: Release) -> Iterable[tuple[str, Component]]:
    return ((component.name, component) for component in release.component if component.judged)


SUBJECTS: dict[str, Subjects] = {
    "service": _units(lambda unit: unit.after is not None),
    "old_service": _units(lambda unit: unit.before is not None),
    "former_service": _units(lambda unit: unit.change in ("renamed", "retired")),
    "module": lambda cell: ((name, name) for name in cell.expect.modules),
    "old_package": lambda cell: ((name, name) for name in cell.old.packages),
    "package": lambda cell: ((name, name) for name in cell.new.packages),
    "old_component": lambda cell: _components(cell.old),
    "component": lambda cell: _components(cell.new),
    "open_port": _ports(lambda port: port.after is not None),
    "owned_port": _ports(lambda port: port.after is not None and bool(port.process)),
    "former_port": _ports(lambda port: port.change in ("moved", "retired")),
    "config": _configs(lambda _: True),
    "preserved_config": _configs(lambda config: config.change == "kept"),
    "migrated_config": _configs(lambda config: config.change == "migrated"),
    "reformatted_config": _configs(lambda config: config.to_format is not None),
    "parsed_config": _configs(lambda config: config.format_in(StateName.UPGRADED) != "text"),
    "checked_config": _configs(lambda config: bool(config.check)),
    "certificate": lambda cell: ((path, path) for path in cell.expect.certificates),
    "endpoint": lambda cell: ((endpoint.id, endpoint) for endpoint in cell.expect.endpoint),
    "https_endpoint": lambda cell: (
        (e.id, e) for e in cell.expect.endpoint if e.kind == "https" and e.from_ != "outside"
    ),
    "web_endpoint": lambda cell: (
        (e.id, e)
        for e in cell.expect.endpoint
        if e.kind in ("http", "https") and e.from_ != "outside"
    ),
    "mail_endpoint": lambda cell: (
        (e.id, e) for e in cell.expect.endpoint if e.kind == "smtp" and "RCPT" not in e.send.upper()
    ),
    "tls_endpoint": lambda cell: ((e.id, e) for e in cell.expect.endpoint if e.speaks_tls),
    "allowed_port": _firewall(allowed=True),
    "blocked_port": _firewall(allowed=False),
    "command": lambda cell: ((command.id, command) for command in cell.expect.command),
    "scripts": lambda cell: [("run", cell.expect.scripts)] if cell.expect.scripts == "run" else [],
    "data": lambda cell: ((data.id, data) for data in cell.expect.data),
    "load": _loads(lambda _: True),
    "limited_load": _loads(lambda target: target.limited),
    "compared_load": _loads(lambda target: target.compared),
    "disruption": lambda cell: ((d.endpoint, d) for d in cell.expect.disruption),
    "log": lambda cell: ((log.path, log) for log in cell.expect.log),
    "degradation": _degradations(lambda _: True),
    "alerted_degradation": _degradations(lambda degradation: degradation.alert is not None),
}
"""What tests with the mark ``subject`` look at, one test for each: id and value by cell.

A subject holds just what its tests can fail on: a check that has nothing to look at does not exist.
"""
