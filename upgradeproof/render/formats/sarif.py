"""What did not hold, in SARIF 2.1.0: code scanning shows it at the line of the plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from upgradeproof.counting import counted
from upgradeproof.render import findings, words
from upgradeproof.render.findings import Finding
from upgradeproof.render.options import DEFAULT, Options
from upgradeproof.render.plan_lines import Place, PlanLines
from upgradeproof.render.writing import write_text
from upgradeproof.results import Check, Run, Verdict

FORMAT = "sarif"
FILE_NAME = "upgradeproof.sarif"
BY_DEFAULT = False

RESULTS = 25_000
"""GitHub refuses a file with more results."""
MESSAGE = 8000
"""Characters of a reason."""


def write(run: Run, folder: Path, *, options: Options = DEFAULT) -> Path:
    """Write ``folder/upgradeproof.sarif``, return its path. Raises HarnessError when it can't."""
    text = json.dumps(log(run, options), ensure_ascii=False, indent=1)
    return write_text(folder / FILE_NAME, text + "\n")


def log(run: Run, options: Options = DEFAULT) -> dict[str, Any]:
    """Return the run as a log of SARIF.

    A failed check is a result of the kind ``fail``, suppressed where a waiver covers it. One that
    broke or never ran is ``open``: nothing is known. What passed or is not applicable is left out.
    """
    found = [
        finding
        for record in findings.records(run)
        for finding in findings.find(record.cell)
        if finding.verdict in findings.UNPROVEN
    ]
    found.sort(key=lambda finding: findings.UNPROVEN.index(finding.verdict))
    lines = PlanLines(run, options.root)
    rules = list(dict.fromkeys(_rule_id(finding) for finding in found[:RESULTS]))
    numbers = {rule: number for number, rule in enumerate(rules)}
    results = [_result(finding, numbers, lines, options) for finding in found[:RESULTS]]
    driver = {
        "name": "upgradeproof",
        "semanticVersion": run.upgradeproof,
        "rules": [_rule(rule) for rule in rules],
    }
    return {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "automationDetails": {"id": f"upgradeproof/{run.run_id}"},
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(run, len(found) - RESULTS)],
                "results": results,
            }
        ],
    }


def _rule_id(finding: Finding) -> str:
    """Return a check's name without its subject: one rule for all that it is asked of."""
    return finding.name.partition("[")[0].strip() or "check"


def _rule(rule: str) -> dict[str, Any]:
    _, sentence, _ = words.sentence(Check(id=rule))
    return {"id": rule, "shortDescription": {"text": sentence or rule}}


def _result(
    finding: Finding, numbers: dict[str, int], lines: PlanLines, options: Options
) -> dict[str, Any]:
    cell, rule = finding.cell, _rule_id(finding)
    failed = finding.verdict is Verdict.FAILED
    found: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": numbers[rule],
        "kind": "fail" if failed else "open",
        "level": "error" if failed else "none",
        "message": {"text": _message(finding)},
        "locations": [_location(finding, lines.find(cell, finding.name))],
        "partialFingerprints": {
            "cellAndCheck/v1": hashlib.sha256(f"{cell.id}\n{finding.name}".encode()).hexdigest()
        },
        "properties": {
            "verdict": finding.verdict,
            "product": cell.product,
            "platform": cell.platform,
            "upgrade": cell.upgrade,
            "follows": finding.follows,
        },
    }
    if failed:
        suppression = options.suppressions.get((cell.id, finding.name))
        found["suppressions"] = suppressions(str(suppression or ""))
    return found


def suppressions(justification: str) -> list[dict[str, str]]:
    """Return why a result is accepted, as SARIF has it; none for an empty text."""
    if not justification:
        return []
    return [{"kind": "external", "status": "accepted", "justification": justification}]


def _message(finding: Finding) -> str:
    reason = finding.reason.strip()
    if len(reason) > MESSAGE:
        reason = reason[:MESSAGE] + "\n[cut: index.html has the rest]"
    head = f"{finding.sentence}: {words.WORDS[finding.verdict].word} on {finding.cell.id}"
    return f"{head}\n{reason}" if reason else head


def _location(finding: Finding, place: Place | None) -> dict[str, Any]:
    cell = finding.cell
    found: dict[str, Any] = {
        "logicalLocations": [
            {"name": finding.sentence, "fullyQualifiedName": f"{cell.id}/{finding.name}"}
        ]
    }
    if place is not None:
        artifact = {"uri": quote(place.path)}
        if not place.path.startswith("/"):
            artifact["uriBaseId"] = "%SRCROOT%"
        found["physicalLocation"] = {"artifactLocation": artifact}
        if place.line is not None:
            found["physicalLocation"]["region"] = {"startLine": place.line}
    return found


def _invocation(run: Run, left_out: int) -> dict[str, Any]:
    """Return how the run itself went: a part that broke is a notification."""
    selected = [(cell, cell.verdict) for cell in run.cells if cell.selected]
    broken = [cell for cell, verdict in selected if verdict is Verdict.BROKEN]
    never = [cell for cell, verdict in selected if verdict is Verdict.NEVER_RAN]
    whole = run.finished_at is not None and selected and not broken and not never
    found: dict[str, Any] = {"executionSuccessful": bool(whole)}
    notifications = list(_notifications(run, len(broken), len(never), left_out))
    if notifications:
        found["toolExecutionNotifications"] = notifications
    return found


def _notifications(run: Run, broken: int, never: int, left_out: int) -> Iterator[dict[str, Any]]:
    texts: Iterable[tuple[bool, str, str]] = (
        (run.finished_at is None, "error", "The run was cut off before it ended."),
        (broken > 0, "error", f"{counted(broken, 'cell')} broke: nothing is known of the product."),
        (never > 0, "error", f"{counted(never, 'cell')} never ran to the end."),
        (left_out > 0, "warning", f"{counted(left_out, 'more result')} in run.json."),
    )
    for applies, level, text in texts:
        if applies:
            yield {"level": level, "message": {"text": text}}
