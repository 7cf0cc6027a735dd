"""Known vulnerabilities of the security tracker and of Trivy, and their answers by OpenVEX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.scan.example import TRACKER, part, scanned, texts, write_json
from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.results import Verdict
from upgradeproof.results.scan import Rule

TRIVY = {
    "SchemaVersion": 2,
    "Results": [
        {"Target": "x", "Class": "os-pkgs"},
        {
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2025-0009",
                    "PkgName": "thing",
                    "InstalledVersion": "2.0-1",
                    "FixedVersion": "2.0-9",
                    "Severity": "HIGH",
                },
                {"VulnerabilityID": "CVE-2025-0010", "PkgName": "x", "InstalledVersion": "1"},
                {"VulnerabilityID": "CVE-2025-0011", "PkgName": "thing", "InstalledVersion": "1"},
            ]
        },
    ],
}
FIXED_LATER = "error thing: CVE-2025-0001 is in 2.0-1, fixed in 2.1"
UNIMPORTANT = "note thing: CVE-2025-0002 is in 2.0-1, and no fixed version is known"
OPEN = "error thing: CVE-2025-0005 is in 2.0-1, and no fixed version is known"


def vex(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "urn:example:vex",
        "author": "ada",
        "timestamp": "2026-01-01T00:00:00Z",
        "version": 1,
        "statements": statements,
        **more,
    }


def statement(name: str = "CVE-2025-0001", **more: Any) -> dict[str, Any]:
    return {
        "vulnerability": {"name": name},
        "products": [{"@id": "pkg:deb/debian/thing@2.0-1?arch=amd64"}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
        **more,
    }


@pytest.fixture
def tracker(tmp_path: Path) -> Path:
    return write_json(tmp_path / "tracker.json", TRACKER)


def test_the_tracker_reports_vulnerabilities_of_the_installed_version(
    tmp_path: Path, tracker: Path
) -> None:
    found = scanned(tmp_path, tracker=tracker)
    assert texts(found, Rule.VULNERABILITY) == [FIXED_LATER, UNIMPORTANT, OPEN]


def test_trivy_reports_vulnerabilities_of_installed_packages(tmp_path: Path) -> None:
    found = scanned(tmp_path, trivy=(write_json(tmp_path / "trivy.json", TRIVY),))
    assert texts(found, Rule.VULNERABILITY) == [
        "error thing: CVE-2025-0009 is in 2.0-1, fixed in 2.0-9"
    ]


def test_a_report_about_another_machine_is_an_error(tmp_path: Path) -> None:
    entry = {"VulnerabilityID": "CVE-1", "PkgName": "x", "InstalledVersion": "1"}
    other = {"SchemaVersion": 2, "Results": [{"Vulnerabilities": [entry]}]}
    path = write_json(tmp_path / "trivy.json", other)
    with pytest.raises(HarnessError) as error:
        scanned(tmp_path, trivy=(path,))
    assert str(error.value) == (
        f"{path} is about no machine of this run\n"
        "no upgraded machine has one of its packages in the version that it names\n"
        "To do: scan the machines of this run with Trivy"
    )


def test_a_tracker_without_the_release_is_not_green(tmp_path: Path) -> None:
    path = write_json(tmp_path / "tracker.json", {"a": {"CVE-1": {"releases": {}}}})
    found = part(scanned(tmp_path, tracker=path), Rule.VULNERABILITY)
    assert (found.verdict, found.reason) == (
        Verdict.NOT_APPLICABLE,
        "the security tracker has no release 'third'",
    )


def test_a_statement_answers_a_vulnerability(tmp_path: Path, tracker: Path) -> None:
    answers = vex(
        statement(),
        statement(
            "GHSA-1",
            vulnerability={"name": "GHSA-1", "aliases": ["CVE-2025-0005"]},
            products=[{"@id": "pkg:deb/thing"}],
            justification=None,
            impact_statement="it is built without the parser",
        ),
    )
    path = write_json(tmp_path / "vex.json", answers)
    found = part(scanned(tmp_path, tracker=tracker, vex=path), Rule.VULNERABILITY)
    assert [each.answer for each in found.findings] == [
        "not affected: vulnerable code not in execute path (ada)",
        "",
        "not affected: it is built without the parser (ada)",
    ]
    assert found.verdict is Verdict.PASSED  # only a note remains


@pytest.mark.parametrize(
    ("last", "answer"),
    [
        ({"status": "affected"}, ""),
        ({"status": "under_investigation"}, ""),
        ({"status": "fixed", "justification": None}, "fixed (ada)"),
    ],
)
def test_the_last_of_several_statements_is_used(
    tmp_path: Path, tracker: Path, last: dict[str, Any], answer: str
) -> None:
    path = write_json(tmp_path / "vex.json", vex(statement(), statement(**last)))
    found = part(scanned(tmp_path, tracker=tracker, vex=path), Rule.VULNERABILITY)
    assert found.findings[0].answer == answer


@pytest.mark.parametrize(
    "stale",
    [
        statement("CVE-1999-0001"),
        statement(products=[{"@id": "pkg:deb/debian/thing@1.9"}]),
        statement(products=[{"@id": "pkg:deb/debian/other@2.0-1"}]),
        statement(products=[{"@id": "pkg:rpm/thing@2.0-1"}]),
    ],
)
def test_a_statement_without_a_matching_vulnerability_is_an_error(
    tmp_path: Path, tracker: Path, stale: dict[str, Any]
) -> None:
    path = write_json(tmp_path / "vex.json", vex(statement(), stale))
    with pytest.raises(PlanError) as error:
        scanned(tmp_path, tracker=tracker, vex=path)
    name, product = stale["vulnerability"]["name"], stale["products"][0]["@id"]
    assert str(error.value) == (
        f"{path} answers what the scan of 1 cells did not find\n"
        f"statements.1: {name} in {product}\n"
        "To do: remove these statements, or correct their package URL or version"
    )


def test_answers_without_a_database_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="answers what the scan of 1 cells did not find"):
        scanned(tmp_path, vex=write_json(tmp_path / "vex.json", vex(statement())))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (vex(statement(justification=None)), "statements.0: Value error, not_affected needs a"),
        (vex(statement(justification="we like it")), "statements.0.justification: Input should be"),
        (vex(statement(status="harmless")), "statements.0.status: Input should be"),
        (vex(statement(products=[])), "statements.0.products: Tuple should have at least 1 item"),
        (vex(), "statements: Tuple should have at least 1 item"),
        (vex(statement(), **{"@context": "https://openvex.dev/ns"}), "@context: String should"),
        ([], "the file: Input should be"),
    ],
)
def test_a_wrong_document_is_one_clear_error(tmp_path: Path, content: Any, problem: str) -> None:
    path = write_json(tmp_path / "vex.json", content)
    with pytest.raises(HarnessError) as error:
        scanned(tmp_path, vex=path)
    assert error.value.brief == f"{path} is no OpenVEX document of version 0.2.0"
    assert error.value.details.startswith(problem)


@pytest.mark.parametrize("kind", ["tracker", "trivy"])
@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"SchemaVersion": 1}'])
def test_a_wrong_database_is_one_clear_error(tmp_path: Path, kind: str, text: str) -> None:
    path = tmp_path / "database.json"
    given: dict[str, Any] = {kind: (path,) if kind == "trivy" else path}
    path.write_text(text)
    with pytest.raises(HarnessError, match=r"is no (file of the Debian|report of Trivy)"):
        scanned(tmp_path, None, **given)
    path.unlink()
    with pytest.raises(HarnessError, match="can't be read: No such file or directory"):
        scanned(tmp_path, **given)
