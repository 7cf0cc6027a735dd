"""The files of a run of one cell with facts, which a scan reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.unit.decision.runs import CELL, cell, check, run
from upgradeproof.probes.archive_indexes import IndexFile
from upgradeproof.probes.base import Facts, Record
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package
from upgradeproof.probes.sockets import ListeningSocket
from upgradeproof.probes.tls_offers import TlsOffer
from upgradeproof.results import State, Verdict
from upgradeproof.results.scan import Part, Rule, Scan
from upgradeproof.scan.scanning import ScanInputs, scan

LIFETIMES = """\
version,codename,series,created,release,eol,eol-lts,eol-elts
1,First,first,2015-01-01,2016-01-01,2019-01-01,2021-01-01,2027-01-01
2,Second,second,2018-01-01,2019-01-01,2025-12-31,2027-01-01
3,Third,third,2020-01-01,2025-01-01,2029-01-01
4,Fourth,fourth,2025-01-01
"""
Sections = dict[str, dict[str, Record]]


def package(version: str = "2.0-1", **more: Any) -> Package:
    return Package(version=version, state="install ok installed", **more)


def socket(address: str, port: int, **more: Any) -> ListeningSocket:
    return ListeningSocket(protocol="tcp", address=address, port=port, **more)


def index(date: str = "2025-12-31T00:00:00+00:00", suite: str = "third-security") -> IndexFile:
    return IndexFile(sha256="a" * 64, suite=suite, date=date)


def upgraded(**sections: dict[str, Any]) -> Sections:
    """Return facts of a machine without problems, with some sections replaced."""
    sound: Sections = {
        "packages": {"thing": package(source="thing-src", source_version="2.0")},
        "archive_indexes": {"x_InRelease": index()},
        "system": {
            "system": OperatingSystem(
                state="running", id="example", version="3", codename="third", name="Example 3"
            )
        },
        "sockets": {"tcp/0.0.0.0:80": socket("0.0.0.0", 80)},
    }
    return sound | sections


def rebooted(**offers: TlsOffer) -> Sections:
    sound = {"front": TlsOffer(certificate="x"), "front/TLSv1.3": TlsOffer(suites=("TLS_AES_128",))}
    return {"tls_offers": {**sound, **offers}}


def scanned(folder: Path, states: dict[str, Sections] | None = None, **inputs: Any) -> Scan:
    """Write facts into a folder, and scan it."""
    given = {"installed": upgraded(), "upgraded": upgraded(), "rebooted": rebooted()}
    made = []
    for name, sections in (given | (states or {})).items():
        path = folder / "evidence" / name / "facts.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Facts(sections).to_json())
        facts = path.relative_to(folder).as_posix()
        made.append(State(name=name, verdict=Verdict.PASSED, facts=facts))
    (folder / "example.csv").write_text(LIFETIMES)
    found = run(cell(check("a"), states=tuple(made)))
    (folder / "run.json").write_text(found.model_dump_json(indent=1))
    return scan(found, folder, ScanInputs(distro_info=folder, **inputs))


def part(found: Scan, rule: Rule) -> Part:
    return next(each for each in found.cells[0].parts if each.rule is rule)


def texts(found: Scan, rule: Rule) -> list[str]:
    return [f"{each.level} {each}" for each in part(found, rule).findings]


def write_json(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


TRACKER = {
    "thing-src": {
        "CVE-2025-0001": {
            "description": "bad",
            "releases": {"third": {"status": "resolved", "fixed_version": "2.1"}},
        },
        "CVE-2025-0002": {"releases": {"third": {"status": "open", "urgency": "unimportant"}}},
        "CVE-2025-0003": {"releases": {"third": {"status": "resolved", "fixed_version": "0"}}},
        "CVE-2025-0004": {"releases": {"second": {"status": "open"}}},
        "CVE-2025-0005": {"releases": {"third": {"status": "open", "scope": "remote"}}},
    },
    "other": {"CVE-2025-0006": {"releases": {"third": {"status": "open"}}}},
}
__all__ = ["CELL"]
