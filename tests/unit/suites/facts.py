"""The facts of a good product before and after its upgrade, by section and key."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from upgradeproof.plan import Data
from upgradeproof.probes import Probe, Record
from upgradeproof.probes.certificates import Certificate, Certificates
from upgradeproof.probes.command_results import CommandResult
from upgradeproof.probes.conffiles import Conffile, Conffiles
from upgradeproof.probes.configs import Config, Configs
from upgradeproof.probes.data import RewrittenData, WrittenData
from upgradeproof.probes.edited_files import EditedFile, EditedFiles
from upgradeproof.probes.endurance import Endurance, Stay
from upgradeproof.probes.file_records import ROOT, File
from upgradeproof.probes.files import Files
from upgradeproof.probes.health import Health, HealthCheck
from upgradeproof.probes.kernel import Kernel, RunningKernel
from upgradeproof.probes.libraries import Libraries
from upgradeproof.probes.module_index import ModuleIndex, ModuleIndexes
from upgradeproof.probes.modules import Module, Modules
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.service_controls import ServiceControl, ServiceControls
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.sockets import ListeningSocket, Sockets
from upgradeproof.probes.stale import Stale
from upgradeproof.probes.system import System
from upgradeproof.probes.tls_offers import TlsOffer, TlsOffers
from upgradeproof.results import Change

INSTALLED, HELD = "install ok installed", "hold ok installed"
NOTE = Data(
    id="note",
    write='[ ! -e full ] && echo "$UPGRADEPROOF_VALUE" >note',
    read="cat note",
    equals="$UPGRADEPROOF_VALUE",
)
UP = Service(enabled="enabled", active="active", sub="running")
PART = UP.model_copy(update={"enabled": "static"})
EXPECTED = Change(
    path="packages/thing/version", before="1.1", after="2.1", expected=True, reason="the upgrade"
)


def plan(folder: Path, *, tls: bool = False) -> dict[str, Any]:
    """Return the plan of the product; with ``tls`` the kind of its endpoint is `https`."""
    page = {"id": "page", "kind": "http", "port": 80, "path": "/page", "contains": "welcome"}
    secure = {"id": "secure", "kind": "https", "port": 443}
    database = {"name": "database", "package": "base", "min": "5", "max": "5"}
    return {
        "min_uptime_s": 0,
        "release": [
            {"name": name, "packages": packages, "component": [database]}
            for name, packages in (("1", {"thing": "1.*"}), ("2", {"thing": "2.*", "tools": "*"}))
        ],
        "expect": {
            "services": ["web"],
            "service": [{"name": "old", "change": "retired"}],
            "modules": ["ext4"],
            "certificates": ["/etc/web.crt"],
            "port": [
                {"port": 80, "process": "web"},
                {"port": 443, "change": "added"},
                {"port": 8080, "change": "retired"},
            ],
            "config": [
                {"path": "/etc/web.conf", "format": "ini", "check": "web --test"},
                {
                    "path": "/etc/moved.conf",
                    "change": "migrated",
                    "format": "ini",
                    "preserved_keys": ["a"],
                    "to_format": "json",
                },
            ],
            "endpoint": [secure if tls else page],
            "data": [NOTE.model_dump()],
            "log": [
                {
                    "path": f"{folder}/upgraded/web.log",
                    "rotate": "[ -e stuck ] || mv web.log web.log.1",
                    "write": "echo a line >>web.log",
                }
            ],
            "degradation": []
            if tls
            else [
                {
                    "id": "cut-off",
                    "endpoint": "page",
                    "cut": "touch cut",
                    "restore": "rm cut",
                    "contains": "from before",
                    "not_found": "/nothing",
                    "alert": {"webhook_port": 9, "raised": "firing", "cleared": "resolved"},
                }
            ],
        },
    }


def socket(port: int, process: str = "web") -> ListeningSocket:
    return ListeningSocket(
        protocol="tcp", address="0.0.0.0", port=port, process=process, unit=f"{process}.service"
    )


def of_release(release: str) -> dict[str, dict[str, Record]]:
    """Return the facts while a release is installed, to be changed."""
    return {section: dict(records) for section, records in _of_release(release).items()}


def configs(release: str) -> dict[str, Record]:
    """Return the configuration files while a release is installed."""
    file = Config(
        exists=True, owner="root", group="root", mode="644", content={"a": "1"}, check_status=0
    )
    return {
        "/etc/web.conf": file.model_copy(update={"sha256": "ab"}),
        "/etc/moved.conf": file.model_copy(update={"sha256": f"ef{release}", "check_status": None}),
    }


IDLE = Stay(
    active="active", sub="running", watched_s=20, memory_kib=20_000, open_files=20, threads=2
)


@cache
def _of_release(release: str) -> dict[str, dict[str, Record]]:
    new = release == "2"
    found: dict[type[Probe[Any]], dict[str, Record]] = {
        Services: {
            "web.service": UP.model_copy(update={"parts": ("web@1.service",)}),
            "web@1.service": PART,
            "cron.service": UP,
            "report.timer": Service(enabled="disabled", package="thing"),
            **({} if new else {"old.service": UP}),
        },
        Sockets: {
            "tcp/22": socket(22, "sshd"),
            "tcp/80": socket(80),
            **({"tcp/443": socket(443, "proxy")} if new else {"tcp/8080": socket(8080)}),
        },
        Packages: {
            "thing": Package(version=f"{release}.1", state=INSTALLED),
            "base": Package(version="5", state=INSTALLED),
            "pinned": Package(version="3", state=HELD),
            **({"tools": Package(version="1", state=INSTALLED)} if new else {}),
            "removed": Package(version="1", state="deinstall ok config-files"),
        },
        Health: {"dpkg": HealthCheck(sound=True), "apt": HealthCheck(sound=True)},
        Libraries: {},
        Stale: {},
        System: {"system": OperatingSystem(state="running", id="debian", version="12")},
        Configs: configs(release),
        Conffiles: {
            "/etc/web.conf": Conffile(package="thing", state="modified"),
            "/etc/base.conf": Conffile(package="base", state="unmodified"),
        },
        EditedFiles: {"/opt/web.ini": EditedFile(package="thing", md5="ab")},
        Files: {ROOT: File(type="directory"), "/opt/web.ini": File(type="file")},
        Certificates: {"/etc/web.crt": Certificate(subject="CN=web", sha256="cd")},
        Kernel: {
            "running": RunningKernel(
                release="6.12" if new else "6.1", version="#1", architecture="x86_64"
            )
        },
        Modules: {"ext4": Module(state="Live")},
        ModuleIndexes: {"running": ModuleIndex(release="6.12" if new else "6.1")},
        Endurance: dict.fromkeys(("web.service", "web@1.service"), IDLE),
        ServiceControls: {"web.service": ServiceControl(reload="success", stop="success")},
        TlsOffers: {
            "secure": TlsOffer(),
            "secure/TLSv1.3": TlsOffer(suites=("TLS_AES_256_GCM_SHA384",)),
        },
        WrittenData: {"note": CommandResult(exit_status=0)},
        RewrittenData: {
            "note": CommandResult(exit_status=0, stdout=NOTE.expected("after")),
            "note/write": CommandResult(exit_status=0),
        },
    }
    return {probe.section: records for probe, records in found.items()}
