"""The reference of a decision is complete: policy, waivers, decision.json."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.unit.test_docs import REFERENCE, as_written, blocks, keys, rows, section, words
from upgradeproof.decision import model
from upgradeproof.decision.comparison import Kind
from upgradeproof.decision.dsse import PAYLOAD_TYPE
from upgradeproof.decision.names import EVIDENCE, SUMS
from upgradeproof.decision.policy import (
    CellRule,
    ComparisonRules,
    Outcome,
    Policy,
    ScanRules,
    load_policy,
)
from upgradeproof.decision.signers import NAMESPACE
from upgradeproof.decision.statements import EXTENSION, LEVEL, VERIFIER
from upgradeproof.decision.waivers import Waiver, load_waivers

FILES: dict[str, tuple[str, type[BaseModel]]] = {
    "Policy": ("policy.md", Policy),
    "CellRule": ("policy.md", CellRule),
    "ComparisonRules": ("policy.md", ComparisonRules),
    "ScanRules": ("policy.md", ScanRules),
    "Waiver": ("waivers.md", Waiver),
}
DECISION: dict[str, type[BaseModel]] = {
    found.__name__: found
    for found in (
        *(model.Decision, model.Inputs, model.Reason, model.AcceptedFailure),
        *(model.JudgedCell, model.Compared),
    )
}


@pytest.mark.parametrize(("heading", "page", "found"), [(h, *f) for h, f in FILES.items()])
def test_reference_of_a_file_is_complete(heading: str, page: str, found: type[BaseModel]) -> None:
    assert {name: row[2] for name, row in rows(page, heading).items()} == {
        name: "required" if field.is_required() else as_written(field)
        for name, field in keys(found).items()
    }


@pytest.mark.parametrize(("heading", "found"), DECISION.items())
def test_reference_of_decision_json_is_complete(heading: str, found: type[BaseModel]) -> None:
    table = rows("decision.md", heading)
    assert set(table) == set(found.model_fields)
    missing = {
        word
        for name, field in found.model_fields.items()
        for word in words(field.annotation)
        if f"`{word}`" not in " ".join(table[name])
    }
    assert missing == set()


def test_reference_names_every_outcome_and_every_kind_of_a_comparison() -> None:
    text = (REFERENCE / "decision.md").read_text(encoding="utf-8")
    for outcome in Outcome:
        assert f"| `{outcome}` | {outcome.word} | {outcome.exit_status} |" in text
    assert set(rows("decision.md", "Comparison")) == set(Kind)


def test_the_examples_are_valid(tmp_path: Path) -> None:
    (policy,) = blocks(REFERENCE / "policy.md", "toml")
    (waivers,) = blocks(REFERENCE / "waivers.md", "toml")
    (tmp_path / "policy.toml").write_text(policy)
    (tmp_path / "waivers.toml").write_text(waivers)
    load_waivers(tmp_path / "waivers.toml", load_policy(tmp_path / "policy.toml"))
    assert "8 characters" in section("waivers.md", "Waiver")


def test_reference_of_attestations_names_what_is_written() -> None:
    text = (REFERENCE / "attestation.md").read_text(encoding="utf-8")
    names = (NAMESPACE, PAYLOAD_TYPE, EXTENSION, LEVEL, VERIFIER, SUMS, EVIDENCE)
    assert [name for name in names if f"`{name}`" not in text] == []
