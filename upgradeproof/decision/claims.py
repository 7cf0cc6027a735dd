"""The statements in a signed folder, compared with what its run and decision lead to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from upgradeproof.decision.dsse import PAYLOAD_TYPE, Envelope
from upgradeproof.decision.model import Decision
from upgradeproof.decision.names import EVIDENCE
from upgradeproof.decision.statements import SUMMARY, statements
from upgradeproof.decision.subjects import Descriptor, Subject, by_product
from upgradeproof.errors import UpgradeproofError
from upgradeproof.results.reading import parse_run


def read_envelopes(folder: Path) -> list[Envelope]:
    """Return the envelopes of a folder; of no file or a wrong one: none."""
    path = folder / EVIDENCE
    try:
        return [Envelope.model_validate_json(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValueError):
        return []


def false_claims(folder: Path, decision: Decision, envelopes: Sequence[Envelope]) -> Iterator[str]:
    """Yield what the statements claim, and the run and the decision do not."""
    if not envelopes:
        yield f"{EVIDENCE} holds no envelopes"
        return
    try:
        run = parse_run((folder / "run.json").read_bytes(), folder / "run.json")
        named = [Subject.of(each) for each in packages(envelopes)]
        expected = statements(run, decision, by_product(run, folder, named))
        found = [each.statement for each in envelopes]
    except UpgradeproofError as error:
        yield f"{EVIDENCE}: {error.brief}"
        return
    except (ValueError, KeyError, TypeError, AttributeError):
        yield f"{EVIDENCE} can't be read as statements about this run"
        return
    if len(expected) != len(found):
        yield f"{EVIDENCE} holds {len(found)} statements, and {len(expected)} are needed"
        return
    for number, (each, wanted) in enumerate(zip(envelopes, expected, strict=True)):
        if each.payload_type != PAYLOAD_TYPE or not _same(found[number], wanted.statement):
            yield f"{EVIDENCE}:{number + 1}: the statement is not about this run and decision"


def packages(envelopes: Sequence[Envelope]) -> list[Descriptor]:
    """Return the packages under test: the subjects of the decision, which comes last."""
    return _packages(envelopes[-1].statement) if envelopes else []


def _packages(statement: dict[str, Any]) -> list[Descriptor]:
    """Return the packages that a statement names; run.json is no package."""
    return [each for each in statement["subject"] if each.get("name") != "run.json"]


def _same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Return whether two statements are equal; the version of who decided may differ."""
    if found.get("predicateType") != SUMMARY or wanted["predicateType"] != SUMMARY:
        return found == wanted
    verifier = found.get("predicate", {}).get("verifier", {})
    wanted["predicate"]["verifier"]["version"] = verifier.get("version")
    return found == wanted
