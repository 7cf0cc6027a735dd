"""Compare a machine with the live server of which it is a twin: the capture's fidelity."""

from __future__ import annotations

import json
import re
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
"""The probes that read a live server; none of them prints a secret or changes anything."""
ETC = ("/etc/", "/usr/local/", "/var/spool/cron/")
"""Where a server's files are compared."""
_SUM = re.compile(r"\b([0-9a-f]{10})[0-9a-f]{54}\b")


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

    def shown(facts: Mapping[str, str], key: str) -> str:
        return _SUM.sub(r"\1", facts.get(key, "(not there)"))

    return SectionFidelity(
        section=name,
        facts=len(every),
        agree=len(every) - len(differs),
        differences=tuple(
            f"{key}: {shown(server, key)} on the server, {shown(twin, key)} in the twin"
            for key in differs
        ),
    )


def _records(sections: Any, probe: type[Probe[Any]]) -> dict[str, Any]:
    plain = sections[probe.section]
    return {key: probe.record.model_validate(value) for key, value in plain.items()}


def _both(sections: Any, facts: Facts, probe: type[Probe[Any]]) -> Iterator[Mapping[str, Record]]:
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
    """Return the fields but for those of passwords, which older captures don't have."""
    fields = record.model_dump(exclude_defaults=True, exclude={"password", "expires"})
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
    """Compare the files that were captured; there may be more unedited files of packages.

    A file that is as its package brought it counts by owner and mode: the content is the package's.
    Folders that the probe reads as a whole, or not at all, are left out.
    """
    found = {path: file for path, file in facts[Files].items() if isinstance(file, File)}
    whole = tuple(f"{path}/" for path, file in found.items() if file.entries is not None)
    unseen = (*whole, *_UNSEEN)
    server = {
        path: text
        for path, text in sections["files"].items()
        if path.startswith(ETC) and not path.startswith(unseen)
    }
    twin = {}
    for path, file in found.items():
        described_there = server.get(path)
        if not path.startswith(ETC) or file.entries is not None:
            continue
        if described_there is None and (
            file.package or path in OF_A_MACHINE or path.startswith((*unseen, *_NETWORK))
        ):
            continue
        content = file.target if file.type == "link" else file.sha256
        if (
            described_there is not None
            and " sha256 " not in described_there
            and " to " not in described_there
        ):
            content = ""
        twin[path] = described(file.type, file.owner, file.group, file.mode, content)
    return _section("files", server, twin)


_NETWORK = ("/etc/systemd/network/", "/etc/netplan/", "/etc/network/")
"""Folders of addresses, which every machine has of its own."""
_UNSEEN = ("/etc/ssl/certs/", *(f"/etc/rc{level}.d/" for level in "0123456S"))
"""Folders of generated links, which the probe does not read."""


def described(kind: str, owner: str, group: str, mode: str, content: str) -> str:
    """Return one file as a line; ``content`` is a link's target or a sum."""
    word = "to" if kind == "link" else "sha256"
    rights = f"{kind} {owner}:{group} {mode}".strip()
    return f"{rights} {word} {content}" if content else rights


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
