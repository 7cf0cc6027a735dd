"""The findings of a scan in facts: an unknown result is never green."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.scan.example import (
    index,
    package,
    part,
    rebooted,
    scanned,
    socket,
    texts,
    upgraded,
    write_json,
)
from upgradeproof.errors import HarnessError
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.tls_offers import TlsOffer
from upgradeproof.results import Verdict
from upgradeproof.results.reading import read_run
from upgradeproof.results.scan import Rule
from upgradeproof.scan.lifetimes import lifetime
from upgradeproof.scan.scanning import ScanInputs, scan

EXPOSED = "listens on all interfaces, and did not before the upgrade"
EXTENDED = (
    "note Example: its regular support ended on 2025-12-31, the extended one is until 2027-01-01"
)


def test_a_machine_without_findings_passes_only_if_everything_was_examined(tmp_path: Path) -> None:
    found = scanned(tmp_path)
    verdicts = {part.rule: part.verdict for part in found.cells[0].parts}
    assert verdicts.pop(Rule.VULNERABILITY) is Verdict.NOT_APPLICABLE
    assert set(verdicts.values()) == {Verdict.PASSED}
    assert len(verdicts) == len(Rule) - 1
    assert found.verdict is Verdict.NOT_APPLICABLE
    known = {"x": {"CVE-1": {"releases": {"third": {"status": "open"}}}}}
    tracker = write_json(tmp_path / "tracker.json", known)
    assert scanned(tmp_path, tracker=tracker).verdict is Verdict.PASSED


def test_a_fixed_version_that_was_not_installed_is_found(tmp_path: Path) -> None:
    packages = {
        "a": package(security_update="2.0-2"),
        "b": package(security_update="3").model_copy(update={"state": "hold ok installed"}),
        "c": package(security_update="3").model_copy(update={"state": "deinstall ok config-files"}),
    }
    found = scanned(tmp_path, {"upgraded": upgraded(packages=packages)})
    assert texts(found, Rule.SECURITY_UPDATE) == [
        "error a: 2.0-1 is installed, and a security suite offers 2.0-2",
        "error b: 2.0-1 is installed, and a security suite offers 3, the package is held",
    ]
    assert found.verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("indexes", "reason"),
    [
        ({}, "the machine has no list of a security suite"),
        ({"x": index(suite="third")}, "the machine has no list of a security suite"),
        (
            {"x": index(date="2025-11-01T00:00:00+00:00")},
            "the newest list of a security suite is of 2025-11-01, which is too old",
        ),
    ],
)
def test_without_a_new_list_no_update_is_no_proof(
    tmp_path: Path, indexes: dict[str, Any], reason: str
) -> None:
    found = part(
        scanned(tmp_path, {"upgraded": upgraded(archive_indexes=indexes)}), Rule.SECURITY_UPDATE
    )
    assert (found.verdict, found.reason) == (Verdict.NOT_APPLICABLE, reason)


def test_a_package_that_no_archive_offers_is_found(tmp_path: Path) -> None:
    packages = {"a": package(obsolete=True), "b": package()}
    found = scanned(tmp_path, {"upgraded": upgraded(packages=packages)})
    assert texts(found, Rule.NO_SOURCE) == [
        "warning a: no archive offers the installed version 2.0-1"
    ]
    none = scanned(tmp_path, {"upgraded": upgraded(archive_indexes={})})
    assert part(none, Rule.NO_SOURCE).reason == "the machine has no package lists"


@pytest.mark.parametrize(
    ("codename", "expected"),
    [
        ("first", ["error Example: its support ended on 2021-01-01"]),
        (
            "second",
            [
                EXTENDED,
            ],
        ),
        ("third", []),
    ],
)
def test_a_release_without_support_is_found(
    tmp_path: Path, codename: str, expected: list[str]
) -> None:
    system = OperatingSystem(state="running", id="example", codename=codename, name="Example")
    found = scanned(tmp_path, {"upgraded": upgraded(system={"system": system})})
    assert texts(found, Rule.UNSUPPORTED) == expected


@pytest.mark.parametrize(("id_", "codename"), [("example", "fourth"), ("example", "x"), ("y", "")])
def test_an_unknown_lifetime_is_not_green(tmp_path: Path, id_: str, codename: str) -> None:
    system = OperatingSystem(state="running", id=id_, codename=codename, name="Example")
    found = scanned(tmp_path, {"upgraded": upgraded(system={"system": system})})
    assert part(found, Rule.UNSUPPORTED).reason == (
        f"{tmp_path} does not state how long Example is supported: "
        "install the package distro-info-data"
    )


def test_invalid_lifetimes_are_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("series,eol\na,soon\n")
    with pytest.raises(HarnessError, match=r"x\.csv can't be read: Invalid isoformat string"):
        lifetime("x", "a", tmp_path)
    assert lifetime("../x", "a", tmp_path) is None


def test_a_service_that_was_not_exposed_before_is_found(tmp_path: Path) -> None:
    before = {"a": socket("127.0.0.1", 81), "b": socket("::", 80)}
    after = {
        "a": socket("0.0.0.0", 81, process="webd", unit="web.service"),
        "b": socket("0.0.0.0", 80),
        "c": socket("127.0.0.1", 82),
        "d": socket("::", 83),
    }
    states = {"installed": upgraded(sockets=before), "upgraded": upgraded(sockets=after)}
    assert texts(scanned(tmp_path, states), Rule.EXPOSED) == [
        f"warning tcp:81: webd (web.service) {EXPOSED}",
        f"warning tcp:83: the kernel {EXPOSED}",
    ]


def test_weak_tls_is_found(tmp_path: Path) -> None:
    offers = rebooted(back=TlsOffer(certificate="x"))
    offers["tls_offers"]["front/TLSv1.1"] = TlsOffer(suites=("AES128-SHA",))
    offers["tls_offers"]["back/TLSv1.2"] = TlsOffer(
        suites=("AES128-GCM-SHA256", "DES-CBC3-SHA", "ADH-AES128-SHA", "ECDHE-RSA-AES128-SHA")
    )
    assert texts(scanned(tmp_path, {"rebooted": offers}), Rule.WEAK_TLS) == [
        "error back: it offers DES-CBC3-SHA, ADH-AES128-SHA in TLSv1.2",
        "error front: it offers TLSv1.1",
    ]


def test_tls_that_was_not_read_is_not_green(tmp_path: Path) -> None:
    missing = scanned(tmp_path, {"rebooted": upgraded()})
    assert part(missing, Rule.WEAK_TLS).reason == (
        "TLS is read after the reboot of the upgraded machine, and this run has none"
    )
    no_endpoint = scanned(tmp_path, {"rebooted": {"tls_offers": {}}})
    assert part(no_endpoint, Rule.WEAK_TLS).verdict is Verdict.NOT_APPLICABLE
    unknown = scanned(tmp_path, {"rebooted": rebooted(front=TlsOffer(problem="no openssl"))})
    assert part(unknown, Rule.WEAK_TLS).reason == "front: no openssl"


def test_a_machine_without_facts_is_not_green(tmp_path: Path) -> None:
    found = scanned(tmp_path, {"upgraded": {}})
    assert {part.verdict for part in found.cells[0].parts} == {
        Verdict.NOT_APPLICABLE,
        Verdict.PASSED,  # TLS was read after the reboot
    }


@pytest.mark.parametrize("text", ["", "[1]", '{"packages": {"a": {"x": 1}}}', "[" * 100_000])
def test_invalid_facts_are_one_clear_error(tmp_path: Path, text: str) -> None:
    found = scanned(tmp_path)
    (tmp_path / found.cells[0].facts).write_text(text)
    with pytest.raises(HarnessError, match=r"evidence/upgraded/facts\.json holds no facts"):
        scan(read_run(tmp_path), tmp_path, ScanInputs(distro_info=tmp_path))
