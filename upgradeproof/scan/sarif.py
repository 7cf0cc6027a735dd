"""Findings of a scan as SARIF 2.1.0."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from upgradeproof import __version__
from upgradeproof.render.formats.sarif import suppressions
from upgradeproof.results.scan import Part, Rule, Scan, ScannedCell, SecurityFinding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(scan: Scan) -> str:
    """Return the text of ``scan.sarif``."""
    rules = [{"id": str(rule), "shortDescription": {"text": rule.meaning}} for rule in Rule]
    parts = [(cell, part) for cell in scan.cells for part in cell.parts]
    found = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "upgradeproof scan", "version": __version__, "rules": rules}
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "warning", "message": {"text": _note(cell, part)}}
                            for cell, part in parts
                            if part.reason
                        ],
                    }
                ],
                "results": [
                    _result(cell, finding) for cell, part in parts for finding in part.findings
                ],
            }
        ],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _result(cell: ScannedCell, finding: SecurityFinding) -> dict[str, Any]:
    place, text = f"{cell.cell}/{finding.subject}", f"{cell.cell}: {finding}"
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": place}]}
    if cell.facts:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": cell.facts},
            "region": {"startLine": 1},
        }
    print_of = hashlib.sha256(f"{finding.rule}\0{place}\0{text}".encode()).hexdigest()
    return {
        "ruleId": finding.rule,
        "ruleIndex": list(Rule).index(finding.rule),
        "level": finding.level,
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {"upgradeproof/v1": print_of},
        "suppressions": suppressions(finding.answer),
    }


def _note(cell: ScannedCell, part: Part) -> str:
    return f"{cell.cell}: {part.rule} was not applied: {part.reason}"
