"""Findings as SARIF 2.1.0: a log of one tool, from parts that other reports can build, too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from upgradeproof import __version__
from upgradeproof.scan.model import Part, Rule, Scan, ScannedCell, SecurityFinding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@dataclass(frozen=True, kw_only=True)
class SarifResult:
    """One result."""

    rule: str
    level: Literal["error", "warning", "note"]
    text: str
    file: str
    """The path of the file that shows it; empty: none."""
    place: str
    """Where it is in words of the run: cell and subject."""
    suppressed: str = ""
    """Why it is accepted; empty: it is not."""
    line: int | None = None


def log(
    *,
    tool: str,
    rules: Sequence[tuple[str, str]],
    results: Sequence[SarifResult],
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a log; ``rules`` are ids with their meaning, ``notes`` are of what was left out."""
    order = [name for name, _ in rules]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": tool,
                        "version": __version__,
                        "rules": [
                            {"id": name, "shortDescription": {"text": meaning}}
                            for name, meaning in rules
                        ],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "warning", "message": {"text": note}} for note in notes
                        ],
                    }
                ],
                "results": [_result(each, order.index(each.rule)) for each in results],
            }
        ],
    }


def _result(each: SarifResult, index: int) -> dict[str, Any]:
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": each.place}]}
    if each.file:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": each.file},
            "region": {"startLine": each.line or 1},
        }
    print_of = hashlib.sha256(f"{each.rule}\0{each.place}\0{each.text}".encode()).hexdigest()
    suppressions = (
        [{"kind": "external", "status": "accepted", "justification": each.suppressed}]
        if each.suppressed
        else []
    )
    return {
        "ruleId": each.rule,
        "ruleIndex": index,
        "level": each.level,
        "message": {"text": each.text},
        "locations": [location],
        "partialFingerprints": {"upgradeproof/v1": print_of},
        "suppressions": suppressions,
    }


def as_sarif(scan: Scan) -> str:
    """Return the text of ``scan.sarif``."""
    found = log(
        tool="upgradeproof scan",
        rules=[(str(rule), rule.meaning) for rule in Rule],
        results=[
            _of(cell, finding)
            for cell in scan.cells
            for part in cell.parts
            for finding in part.findings
        ],
        notes=[_note(cell, part) for cell in scan.cells for part in cell.parts if part.reason],
    )
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _of(cell: ScannedCell, finding: SecurityFinding) -> SarifResult:
    return SarifResult(
        rule=finding.rule,
        level=finding.level,
        text=f"{cell.cell}: {finding}",
        file=cell.facts,
        place=f"{cell.cell}/{finding.subject}",
        suppressed=finding.answer,
    )


def _note(cell: ScannedCell, part: Part) -> str:
    return f"{cell.cell}: {part.rule} was not applied: {part.reason}"
