"""Facts of a machine with a product, for the tests of plans that are made from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from upgradeproof.observe.services import Seen
from upgradeproof.probes import Facts, Probe, Record
from upgradeproof.probes.conffiles import Conffile, Conffiles
from upgradeproof.probes.file_records import File
from upgradeproof.probes.files import Files
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.sockets import ListeningSocket, Sockets


def facts(**sections: Mapping[str, Record]) -> Facts:
    """Return facts with these sections; all other sections are empty."""
    probes: tuple[type[Probe[Any]], ...] = (Conffiles, Files, Packages, Services, Sockets)
    return Facts({probe.section: sections.get(probe.section, {}) for probe in probes})


def package(version: str, *, auto: bool = False, runs: tuple[str, ...] = ()) -> Package:
    return Package(version=version, state="install ok installed", auto=auto, runs=runs)


def unit(package: str = "", enabled: str = "enabled", **fields: Any) -> Service:
    given = {"active": "active", "sub": "running", "package": package, "enabled": enabled} | fields
    return Service.model_validate(given)


def socket(port: int, process: str, unit: str, address: str = "0.0.0.0") -> ListeningSocket:
    return ListeningSocket(
        protocol="tcp",
        address=address,
        port=port,
        process=process,
        executable=f"/usr/sbin/{process}",
        unit=unit,
    )


def file(package: str = "", **fields: Any) -> File:
    return File.model_validate({"type": "file", "mode": "0644", "package": package} | fields)


SYSTEM = {"system-files": package("12.4"), "init": package("1", runs=("journal.service",))}
BARE = facts(
    packages=SYSTEM,
    services={"journal.service": unit("init"), "idle.service": unit("init", active="inactive")},
    sockets={"tcp/0.0.0.0:22": socket(22, "sshd", "ssh.service")},
    files={"/etc/hosts": file()},
)
_UNITS = {
    "journal.service": unit("init"),
    "idle.service": unit("init", active="inactive"),
    "db.service": unit("db-common", sub="exited", parts=("db@15-main.service",)),
    "db@15-main.service": unit(enabled=""),
    "db-clean.timer": unit("db-common", sub="waiting"),
    "once.service": unit("db-common", enabled="static", active="inactive"),
}
_PACKAGES = SYSTEM | {
    "db": package("15+248"),
    "db-15": package("15.20-0", auto=True, runs=("db@15-main.service",)),
    "db-common": package("248", auto=True),
}
_SOCKETS = {
    "tcp/0.0.0.0:22": socket(22, "sshd", "ssh.service"),
    "tcp/127.0.0.1:5000": socket(5000, "dbd", "db@15-main.service", "127.0.0.1"),
    "tcp/[::1]:5000": socket(5000, "dbd", "db@15-main.service", "::1"),
}
_FILES = {
    "/etc/hosts": file(),
    "/etc/services": file("netbase"),
    "/etc/db.conf": file("db-common"),
    "/etc/db/15/main.conf": file(),
    "/etc/db/plain.conf": file("db-common"),
    "/etc/db/edited.conf": file("db-common", edited=True),
    "/etc/db/changed.conf": file("db-common"),
    "/etc/db/link.conf": file(type="link", mode=""),
    "/etc/init.d/db": file("db-common"),
    "/etc/ssl/private/db.key": file(),
}
_CONFFILES = {"/etc/db/changed.conf": Conffile(package="db-common", state="modified")}
AFTER = facts(
    packages=_PACKAGES,
    services=_UNITS,
    sockets=_SOCKETS,
    files=_FILES,
    conffiles=_CONFFILES,
)
SEEN = Seen(
    bare=BARE,
    installed=facts(
        packages=_PACKAGES,
        services=_UNITS | {"brief.service": unit("db-common", enabled="disabled")},
        sockets=_SOCKETS,
        files=_FILES,
    ),
    booted=facts(
        packages=_PACKAGES,
        services=_UNITS | {"brief.service": unit("db-common", "disabled", active="inactive")},
        sockets=_SOCKETS | {"tcp/0.0.0.0:40001": socket(40001, "dbd", "db@15-main.service")},
        files=_FILES,
        conffiles=_CONFFILES,
    ),
)
