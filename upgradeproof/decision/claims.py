"""The statements in a signed folder, compared with what its run and decision lead to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from upgradeproof import __version__
from upgradeproof.decision.dsse import PAYLOAD_TYPE, Envelope
from upgradeproof.decision.model import Decision
from upgradeproof.decision.names import EVIDENCE, PAGE
from upgradeproof.decision.page import version_of
from upgradeproof.decision.statements import statements
from upgradeproof.decision.subjects import Descriptor, Subject, by_product
from upgradeproof.errors import UpgradeproofError
from upgradeproof.results.reading import read_run, unambiguous


def read_envelopes(folder: Path) -> list[Envelope]:
    """Return the envelopes of a folder; of no file or a wrong one: none."""
    path = folder / EVIDENCE
    try:
        lines = path.read_bytes().splitlines()
        return [Envelope.model_validate(unambiguous(line)) for line in lines]
    except (OSError, ValueError):
        return []


def false_claims(folder: Path, decision: Decision, envelopes: Sequence[Envelope]) -> Iterator[str]:
    """Yield what the statements claim, and the run and the decision do not."""
    if not envelopes:
        yield f"{EVIDENCE} holds no envelopes"
        return
    try:
        run = read_run(folder)
        named = [Subject.of(each) for each in packages(envelopes)]
        expected = statements(run, decision, by_product(run, folder, named))
        expected[-1] = _by_version(expected[-1], _version(folder))
    except UpgradeproofError as error:
        yield f"{EVIDENCE}: {error.brief}"
        return
    except (ValueError, KeyError, TypeError, AttributeError):
        yield f"{EVIDENCE} can't be read as statements about this run"
        return
    if len(expected) != len(envelopes):
        yield f"{EVIDENCE} holds {len(envelopes)} statements, and {len(expected)} are needed"
        return
    for number, (each, wanted) in enumerate(zip(envelopes, expected, strict=True), start=1):
        if each.payload_type != PAYLOAD_TYPE or each.content != wanted.content:
            yield f"{EVIDENCE}:{number}: the statement is not about this run and decision"


def packages(envelopes: Sequence[Envelope]) -> list[Descriptor]:
    """Return the packages under test: the subjects of the decision, which comes last."""
    return _packages(envelopes[-1].statement) if envelopes else []


def _packages(statement: dict[str, Any]) -> list[Descriptor]:
    """Return the packages that a statement names; run.json is no package."""
    return [each for each in statement["subject"] if each.get("name") != "run.json"]


def _version(folder: Path) -> str:
    """Return the version of upgradeproof that decided: the page names it."""
    path = folder / PAGE
    text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
    return version_of(text) or __version__


def _by_version(envelope: Envelope, version: str) -> Envelope:
    """Return the statement of a decision as another version makes it."""
    statement = envelope.statement
    statement["predicate"]["verifier"]["version"] = {"upgradeproof": version}
    return Envelope.of(statement)
