"""The packages that a decision is about: packages that the run recorded, and named packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.decision.signed import CELL, decided_folder, make_decision
from tests.unit.results.events import at
from upgradeproof.decision.claims import packages, read_envelopes
from upgradeproof.decision.dsse import Envelope
from upgradeproof.decision.folder import read_decision
from upgradeproof.decision.keys import open_signer
from upgradeproof.decision.names import DECISION, EVIDENCE
from upgradeproof.decision.signing import sign
from upgradeproof.decision.statements import statements
from upgradeproof.decision.subjects import Subject
from upgradeproof.decision.verifying import verify
from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.report import ReportRequest, report
from upgradeproof.results import ArchiveSnapshot, ImageFile, Journal, PackageUnderTest
from upgradeproof.results.journal import StateReached
from upgradeproof.results.reading import read_run

SUM = "c" * 64
THING = Subject(name="thing", version="2.0-1", architecture="amd64", sha256=SUM)
DATA = Subject(name="data", version="2.0-1", architecture="all", sha256="d" * 64)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Return a decided folder whose run recorded the packages of its states."""
    folder = decided_folder(tmp_path)
    made = {
        "packages": (
            PackageUnderTest(name="data", version="2.0-1", architecture=""),
            PackageUnderTest(name="thing", version="2.0-1", architecture="amd64", sha256=SUM),
        ),
        "archives": (ArchiveSnapshot(name="x_InRelease", sha256="3" * 64, date="2026-01-01"),),
    }
    with Journal(folder / "journal" / "more.jsonl") as journal:
        for state, facts, more in (
            ("base", "", {"image": ImageFile(reference="example-1", sha256="1" * 64)}),
            ("upgraded", "evidence/upgraded/facts.json", made),
        ):
            given: dict[str, Any] = {"facts": facts, "reused": False, "duration_s": 1.0, **more}
            journal.write(StateReached(at=at(40), cell=CELL, state=state, **given))
    report([folder], folder, ReportRequest(formats=["markdown", "html"]))
    make_decision(tmp_path)
    return folder


def test_the_recorded_packages_are_the_subject(recorded: Path, ada: Path, signers: Path) -> None:
    sign(recorded, open_signer(ada))
    found = verify(recorded, signers)
    assert found.problems == ()
    assert list(found.packages) == [THING.descriptor()]
    tests = read_envelopes(recorded)[0].statement
    assert tests["subject"] == [THING.descriptor()]
    configuration = {each["name"]: each for each in tests["predicate"]["configuration"]}
    assert configuration["image example-1"]["digest"] == {"sha256": "1" * 64}
    assert configuration["archive x_InRelease"] == {
        "name": "archive x_InRelease",
        "digest": {"sha256": "3" * 64},
        "annotations": {"date": "2026-01-01"},
    }
    assert configuration["data 2.0-1"]["annotations"] == {"sha256": "unknown"}


def test_a_named_package_is_added(recorded: Path, ada: Path, signers: Path) -> None:
    sign(recorded, open_signer(ada), [DATA, THING])
    found = verify(recorded, signers)
    assert found.problems == ()
    assert list(found.packages) == [THING.descriptor(), DATA.descriptor()]


def test_another_file_of_the_same_version_was_not_tested(recorded: Path, ada: Path) -> None:
    other = Subject(name="thing", version="2.0-1", architecture="amd64", sha256="e" * 64)
    with pytest.raises(PlanError) as error:
        sign(recorded, open_signer(ada), [other])
    assert str(error.value) == (
        "thing_2.0-1_amd64.deb is not the file that this run installed\n"
        f"its SHA-256 is {'e' * 64}; installed: {SUM}\n"
        "To do: build once, and test and sign the same file"
    )


def forge(folder: Path, key: Path, subjects: list[dict[str, Any]]) -> None:
    """Sign statements about any subjects, as a signer with another program could."""
    run, decision = read_run(folder), read_decision(folder / DECISION)
    made = statements(run, decision, {"thing": subjects})
    signed = [each.signed_by(open_signer(key)) for each in made]
    (folder / EVIDENCE).write_text("".join(each.line() for each in signed))


@pytest.mark.parametrize(
    ("subjects", "problem"),
    [
        ([], "evidence.intoto.jsonl:1: the statement is not about this run and decision"),
        (
            [Subject(name="x", version="1", architecture="all", sha256=SUM).descriptor()],
            "evidence.intoto.jsonl: the package x 1 was not tested by this run",
        ),
        (
            [{**THING.descriptor(), "digest": {"sha256": "e" * 64}}],
            "evidence.intoto.jsonl: thing_2.0-1_amd64.deb is not the file that this run installed",
        ),
        (
            [{**THING.descriptor(), "uri": "pkg:deb/other@1?arch=all"}],
            "evidence.intoto.jsonl can't be read as statements about this run",
        ),
        (
            [{"name": "thing", "digest": {}}],
            "evidence.intoto.jsonl can't be read as statements about this run",
        ),
    ],
)
def test_a_signer_can_not_claim_other_packages(
    recorded: Path, ada: Path, signers: Path, subjects: list[dict[str, Any]], problem: str
) -> None:
    sign(recorded, open_signer(ada))
    forge(recorded, ada, subjects)
    assert problem in verify(recorded, signers).problems


@pytest.mark.parametrize("text", ["", "[]", '{"packages": {"thing": {}}}', '{"packages": 1}'])
def test_invalid_facts_are_one_clear_error(tmp_path: Path, ada: Path, text: str) -> None:
    folder = decided_folder(tmp_path)
    (folder / "evidence/upgraded/facts.json").write_text(text)
    with pytest.raises(HarnessError, match="are no facts of this version"):
        sign(folder, open_signer(ada), [THING])


def test_no_envelope_has_no_packages() -> None:
    assert packages([]) == []
    assert packages([Envelope.of({"subject": [{"name": "run.json"}]})]) == []
