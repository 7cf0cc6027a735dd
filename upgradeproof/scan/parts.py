"""The parts of a scan that need the facts alone: each rule on one machine."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from upgradeproof.probes.archive_indexes import ArchiveIndexes
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.sockets import ListeningSocket, Sockets
from upgradeproof.probes.system import System
from upgradeproof.probes.tls_offers import TlsOffers
from upgradeproof.results.scan import Part, Rule, SecurityFinding
from upgradeproof.scan.lifetimes import lifetime
from upgradeproof.scan.machine import ScannedMachine
from upgradeproof.states import StateName

MAX_AGE_DAYS = 30
"""How old the lists of security updates may be, when the run began."""
NOT_READ = "these facts were not read in this run"
WEAK_VERSIONS = frozenset({"TLSv1.0", "TLSv1.1"})
"""RFC 8996: they must not be used."""
_WEAK_SUITE = re.compile(r"NULL|EXP(ORT)?-|RC4|(^|-)DES-|3DES|DES-CBC3|RC2|MD5|IDEA|ADH|AECDH")
"""RFC 9325, section 4.1, and RFC 7465: no encryption, no authentication, or a broken cipher."""


def security_updates(machine: ScannedMachine, began: datetime) -> Part:
    """Find packages of which a security suite has a newer version."""
    rule = Rule.SECURITY_UPDATE
    packages = machine.records(StateName.UPGRADED, Packages)
    indexes = machine.records(StateName.UPGRADED, ArchiveIndexes)
    if packages is None or indexes is None:
        return Part(rule=rule, reason=NOT_READ)
    findings = tuple(
        SecurityFinding(
            rule=rule,
            level="error",
            subject=name,
            text=f"{package.version} is installed, and a security suite offers "
            f"{package.security_update}" + (", the package is held" if package.held else ""),
        )
        for name, package in packages.items()
        if package.installed and package.security_update
    )
    dates = [each.date for each in indexes.values() if each.security and each.date]
    if not any(each.security for each in indexes.values()):
        reason = "the machine has no list of a security suite"
    elif dates and (began - datetime.fromisoformat(max(dates))).days > MAX_AGE_DAYS:
        reason = f"the newest list of a security suite is of {max(dates)[:10]}, which is too old"
    else:
        reason = ""
    return Part(rule=rule, reason=reason, findings=findings)


def without_source(machine: ScannedMachine) -> Part:
    """Find packages that no archive offers in the installed version."""
    rule = Rule.NO_SOURCE
    packages = machine.records(StateName.UPGRADED, Packages)
    indexes = machine.records(StateName.UPGRADED, ArchiveIndexes)
    if packages is None or indexes is None:
        return Part(rule=rule, reason=NOT_READ)
    if not indexes:
        return Part(rule=rule, reason="the machine has no package lists")
    findings = (
        SecurityFinding(
            rule=rule,
            level="warning",
            subject=name,
            text=f"no archive offers the installed version {package.version}",
        )
        for name, package in packages.items()
        if package.installed and package.obsolete
    )
    return Part(rule=rule, findings=tuple(findings))


def unsupported(machine: ScannedMachine, began: datetime, data: Path) -> Part:
    """Find a distribution without support when the run began."""
    rule = Rule.UNSUPPORTED
    system = (machine.records(StateName.UPGRADED, System) or {}).get("system")
    if system is None:
        return Part(rule=rule, reason=NOT_READ)
    found = lifetime(system.id, system.codename, data)
    name = system.name or f"{system.id} {system.version}"
    if found is None or found.last is None:
        reason = f"{data} does not state how long {name} is supported"
        return Part(rule=rule, reason=f"{reason}: install the package distro-info-data")
    day = began.date()
    if day > found.last:
        text, level = f"its support ended on {found.last}", "error"
    elif found.regular and day > found.regular:
        text = (
            f"its regular support ended on {found.regular}, the extended one is until {found.last}"
        )
        level = "note"
    else:
        return Part(rule=rule)
    finding = SecurityFinding.model_validate(
        {"rule": rule, "level": level, "subject": name, "text": text}
    )
    return Part(rule=rule, findings=(finding,))


def exposed(machine: ScannedMachine) -> Part:
    """Find sockets on all interfaces whose port was not open there before the upgrade."""
    rule = Rule.EXPOSED
    before = machine.records(StateName.INSTALLED, Sockets)
    after = machine.records(StateName.UPGRADED, Sockets)
    if before is None or after is None:
        return Part(rule=rule, reason=NOT_READ)
    known = set(_everywhere(before))
    findings = (
        SecurityFinding(
            rule=rule,
            level="warning",
            subject=f"{protocol}:{port}",
            text=f"{socket.process or 'the kernel'}{f' ({socket.unit})' if socket.unit else ''} "
            "listens on all interfaces, and did not before the upgrade",
        )
        for (protocol, port), socket in _everywhere(after).items()
        if (protocol, port) not in known
    )
    return Part(rule=rule, findings=tuple(findings))


def _everywhere(sockets: Mapping[str, ListeningSocket]) -> dict[tuple[str, int], ListeningSocket]:
    return {
        (each.protocol, each.port): each
        for each in sockets.values()
        if ipaddress.ip_address(each.address).is_unspecified
    }


def weak_tls(machine: ScannedMachine) -> Part:
    """Find endpoints that offer a version or a suite that is broken; read after the reboot."""
    rule = Rule.WEAK_TLS
    offers = machine.records(StateName.REBOOTED, TlsOffers)
    if offers is None:
        reason = "TLS is read after the reboot of the upgraded machine, and this run has none"
        return Part(rule=rule, reason=reason)
    if not offers:
        return Part(rule=rule, reason="the plan has no endpoint that speaks TLS, or none answered")
    findings = []
    for key, offer in offers.items():
        endpoint, _, version = key.rpartition("/")
        weak = [suite for suite in offer.suites if _WEAK_SUITE.search(suite)]
        if offer.suites and version in WEAK_VERSIONS:
            findings.append((endpoint, f"it offers {version}"))
        elif weak:
            findings.append((endpoint, f"it offers {', '.join(weak)} in {version}"))
    unknown = [f"{key}: {offer.problem}" for key, offer in offers.items() if offer.problem]
    return Part(
        rule=rule,
        reason="; ".join(unknown),
        findings=tuple(
            SecurityFinding(rule=rule, level="error", subject=endpoint, text=text)
            for endpoint, text in findings
        ),
    )
