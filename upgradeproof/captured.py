"""Compare a machine with the live server of which it is a twin: the capture's fidelity."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from upgradeproof.errors import PlanError
from upgradeproof.probes import Facts, Probe, Record
from upgradeproof.probes.file_records import File
from upgradeproof.probes.files import Files
from upgradeproof.probes.groups import Groups
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.sockets import ListeningSocket, Sockets
from upgradeproof.probes.sysctl import KernelSettings, Setting
from upgradeproof.probes.system import System
from upgradeproof.probes.users import Users
from upgradeproof.results import CaptureFidelity, SectionFidelity

PROBES: tuple[type[Probe[Any]], ...] = (
    *(Packages, Services, Sockets, Users, Groups, KernelSettings, System),
)
"""What is read of a live server; none of them prints a secret, and none changes anything."""
ETC = ("/etc/", "/usr/local/", "/var/spool/cron/")
"""Where a server's files are compared."""


def compared(captured: Path, facts: Facts) -> CaptureFidelity:
    """Return how much of a captured server is so on the machine, by section.

    Raises PlanError when the file holds no captured facts.
    """
    try:
        plain = json.loads(captured.read_text(encoding="utf-8"))
        sections = plain["sections"]
        found = [_packages, _services, _sockets, _users, _groups, _sysctl, _files]
        by_section = [each(sections, facts) for each in found]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanError(
            f"{captured}: these are no facts of a captured server",
            details=repr(error),
            resolution="capture the server again",
        ) from None
    return CaptureFidelity(server=str(plain.get("server", "")), sections=tuple(by_section))


def _section(name: str, server: Mapping[str, str], twin: Mapping[str, str]) -> SectionFidelity:
    """Return how many facts agree: each is a key with its value as text."""
    every = sorted(server.keys() | twin.keys())
    differs = [key for key in every if server.get(key) != twin.get(key)]
    return SectionFidelity(
        section=name,
        facts=len(every),
        agree=len(every) - len(differs),
        differences=tuple(
            f"{key}: {server.get(key, '(not there)')} on the server,"
            f" {twin.get(key, '(not there)')} in the twin"
            for key in differs
        ),
    )


def _records(sections: Any, probe: type[Probe[Any]]) -> dict[str, Any]:
    plain = sections[probe.section]
    return {key: probe.record.model_validate(value) for key, value in plain.items()}


def _both(
    sections: Any, facts: Facts, probe: type[Probe[Any]]
) -> Iterator[Mapping[str, Record]]:
    yield _records(sections, probe)
    yield facts[probe]


def _packages(sections: Any, facts: Facts) -> SectionFidelity:
    def text(package: Package) -> str:
        return f"{package.version} ({package.state}{', automatic' if package.auto else ''})"

    server, twin = (
        {key: text(p) for key, p in each.items() if isinstance(p, Package) and not p.residual}
        for each in _both(sections, facts, Packages)
    )
    return _section("packages", server, twin)


def _services(sections: Any, facts: Facts) -> SectionFidelity:
    def text(unit: Service) -> str:
        return f"{unit.enabled or 'no file'}, {unit.active}"

    server, twin = (
        {key: text(u) for key, u in each.items() if isinstance(u, Service)}
        for each in _both(sections, facts, Services)
    )
    return _section("units", server, twin)


def _sockets(sections: Any, facts: Facts) -> SectionFidelity:
    server, twin = (
        {
            key: socket.process or "the kernel"
            for key, socket in each.items()
            if isinstance(socket, ListeningSocket)
        }
        for each in _both(sections, facts, Sockets)
    )
    return _section("ports", server, twin)


def _accounts(name: str, probe: type[Probe[Any]], sections: Any, facts: Facts) -> SectionFidelity:
    server, twin = (
        {key: _fields(record) for key, record in each.items()}
        for each in _both(sections, facts, probe)
    )
    return _section(name, server, twin)


def _fields(record: Record) -> str:
    fields = record.model_dump(exclude_defaults=True)
    return ", ".join(
        f"{key}={','.join(value) if isinstance(value, tuple) else value}"
        for key, value in fields.items()
    )


def _users(sections: Any, facts: Facts) -> SectionFidelity:
    return _accounts("users", Users, sections, facts)


def _groups(sections: Any, facts: Facts) -> SectionFidelity:
    return _accounts("groups", Groups, sections, facts)


def _sysctl(sections: Any, facts: Facts) -> SectionFidelity:
    """Compare what files set; the values of the rest are the kernel's."""
    server, twin = (
        {key: s.wanted for key, s in each.items() if isinstance(s, Setting) and s.set_by}
        for each in _both(sections, facts, KernelSettings)
    )
    return _section("sysctl", server, twin)


def _files(sections: Any, facts: Facts) -> SectionFidelity:
    """Compare what was captured of files with what is there; the twin may have no other ones.

    A file that no administrator touched counts by owner and mode, its content is the package's.
    """
    server: dict[str, str] = sections["files"]
    twin = {}
    for path, file in facts[Files].items():
        if not path.startswith(ETC) or not isinstance(file, File):
            continue
        said = server.get(path, "")
        twin[path] = described(
            file.type,
            file.owner,
            file.group,
            file.mode,
            file.target
            if " to " in said or not said
            else file.sha256
            if " sha256 " in said
            else "",
        )
    ours = {path: text for path, text in server.items() if path in twin or path.startswith(ETC)}
    own = {path for path in twin if path not in ours and _is_own(path, facts)}
    return _section("files", ours, {k: v for k, v in twin.items() if k not in own})


def described(kind: str, owner: str, group: str, mode: str, content: str) -> str:
    """Return one file as a line; ``content`` is a link's target or a sum."""
    word = "to" if kind == "link" else "sha256"
    rights = f"{kind} {owner}:{group} {mode}".strip()
    return f"{rights} {word} {content}" if content else rights


def _is_own(path: str, facts: Facts) -> bool:
    """Tell whether a file is the machine's own: a package's, unchanged, or of this machine alone."""
    file = facts[Files][path]
    return bool(file.package) or path in OF_A_MACHINE


OF_A_MACHINE = frozenset(
    f"/etc/{name}"
    for name in (
        *("hostname", "hosts", "resolv.conf", "machine-id", "mtab", "fstab", "crypttab"),
        *("adjtime", "passwd", "group", "shadow", "gshadow", "subuid", "subgid", "passwd-"),
        *("group-", "shadow-", "gshadow-", "subuid-", "subgid-", "apt/sources.list"),
        *("ld.so.cache", ".pwd.lock", "network/interfaces"),
    )
)
"""Files of which every machine has its own."""
