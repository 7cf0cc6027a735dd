"""The details of a cell as plain data, which the page's script only has to lay out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from upgradeproof.render import capture, findings, preflight, words
from upgradeproof.render.grid import Face
from upgradeproof.render.transcripts import Transcripts, link, plain
from upgradeproof.results import Cell, Check, State, Step, Verdict, worst
from upgradeproof.results.causes import consequences
from upgradeproof.states import compared_with

Plain = dict[str, Any]
"""A JSON object; its keys are read by templates/cell.js."""

ORDER = tuple(words.WORDS)
MAX_S = 1e9
"""A longer duration is that of a journal which no run wrote, and need not be exact."""
SHORT = 60
"""Up to this length a reason is repeated."""


def details(face: Face, transcripts: Transcripts) -> Plain:
    """Return all of a cell but its diffs, the text of its transcripts, and what the index has.

    A check that failed or broke, or never ran for a reason, is in ``suites``. Of the others, which
    are most of a run, there are only durations and reasons: the index has their names.
    """
    cell, verdict = face.cell, face.verdict
    fine = verdict not in findings.UNPROVEN
    loud = [] if fine else [check for check in cell.checks if findings.is_loud(check)]
    stops = () if fine and not cell.reason else _stops(cell)
    return {
        "id": cell.id,
        "platform": cell.platform,
        "product": cell.product,
        "upgrade": face.upgrade,
        "tags": cell.tags,
        "selected": cell.selected,
        "verdict": verdict,
        "stops": [
            {"sentence": stop.sentence, "verdict": stop.verdict, "reason": stop.reason}
            for stop in stops
        ],
        "took": face.took,
        "fidelity": None
        if cell.fidelity is None
        else {"text": str(cell.fidelity), "proofs": words.proofs(cell.fidelity)},
        "findings": [
            preflight.readable(finding).model_dump()
            for state in cell.states
            for finding in state.findings
        ],
        "capture": capture.sections(cell.capture),
        "suites": without_repeats(suites(loud), {s.reason: s.sentence for s in stops}),
        "quiet": quiet(cell.checks),
        "states": time_line(cell.states, transcripts),
    }


def _stops(cell: Cell) -> tuple[findings.Finding, ...]:
    """Return why states were not reached, where no check has it."""
    known = {check.id for check in cell.checks}
    return findings.merge(found for found in findings.find(cell) if found.name not in known)


def quiet(checks: Sequence[Check]) -> Plain:
    """Return the durations of checks, in milliseconds, and the reasons of those that do not fail.

    ``why`` has pairs: the place of a check, the place of its reason in ``reasons``.
    """
    reasons: dict[str, int] = {}
    why = [
        (place, reasons.setdefault(check.reason, len(reasons)))
        for place, check in enumerate(checks)
        if check.reason and not findings.is_loud(check)
    ]
    times = [check.duration_s for check in checks]
    return {
        "ms": [None if time is None else int(1000 * min(time, MAX_S) + 0.5) for time in times],
        "reasons": [plain(reason) for reason in reasons],
        "why": why,
    }


def changes(cell: Cell) -> list[Plain]:
    """Return the diff of every state that has one.

    A line is ``[path, before, after, reason]``, its reason the place in ``reasons``, None for a
    regression: half the bytes of objects, and a distribution upgrade has 500 lines a cell. The
    unified diff of a text file follows as the fifth, where there is one. A reason is ``[text,
    origin]``, those of one origin in a row: the plan's first, then what is known for each step.
    """
    return [_diff(state) for state in cell.states if state.changes]


def _diff(state: State) -> Plain:
    found = {(c.reason, words.origin(c)): c for c in state.changes if c.expected}
    ordered = sorted(found, key=lambda reason: words.origin_order(found[reason]))
    reasons = {reason: place for place, reason in enumerate(ordered)}
    lines = [
        (
            change.path,
            change.before,
            change.after,
            reasons[change.reason, words.origin(change)] if change.expected else None,
            *([change.detail] if change.detail else []),
        )
        for change in state.changes
    ]
    return {
        "state": state.name,
        "against": compared_with(state.name),
        "reasons": list(reasons),
        "lines": lines,
    }


def suites(checks: Sequence[Check]) -> list[Plain]:
    """Return checks by suite, what failed first: suites among each other, and within each.

    Failures that follow from others are in a separate group after possible causes.
    """
    roots = consequences(checks)
    found = _by_suite([check for check in checks if check.id not in roots])
    if following := [check for check in checks if check.id in roots]:
        causes = sum(suite["verdict"] in findings.LOUD for suite in found)
        found.insert(causes, _suite("consequences of the failures above", following, folded=True))
    return found


def _by_suite(checks: Sequence[Check]) -> list[Plain]:
    by_suite: dict[str, list[Check]] = {}
    for check in sorted(checks, key=lambda check: ORDER.index(check.verdict)):
        by_suite.setdefault(words.sentence(check)[0], []).append(check)
    found = [_suite(name, members) for name, members in by_suite.items()]
    return sorted(found, key=lambda suite: ORDER.index(Verdict(suite["verdict"])))


def _suite(name: str, checks: Sequence[Check], *, folded: bool = False) -> Plain:
    return {
        "name": name,
        "verdict": worst(check.verdict for check in checks),
        "counts": words.count(check.verdict for check in checks),
        "checks": [_check(check) for check in checks],
        "folded": folded,
    }


def without_repeats(suites: list[Plain], known: dict[str, str]) -> list[Plain]:
    """Replace a long reason that was shown before by a reference to it."""
    for check in (check for suite in suites for check in suite["checks"]):
        reason = check["reason"]
        if reason in known and len(reason) > SHORT:
            check |= {"reason": "", "same": known[reason]}
        known.setdefault(reason, check["sentence"])
    return suites


def _check(check: Check) -> Plain:
    _, sentence, subject = words.sentence(check)
    return {
        "id": check.id,
        "sentence": sentence,
        "subject": subject,
        "verdict": check.verdict,
        "reason": plain(check.reason),
        "same": "",
        "took": words.duration(check.duration_s),
        "states": check.states,
    }


def time_line(states: Sequence[State], transcripts: Transcripts) -> list[Plain]:
    """Return the states one after the other; the page draws each by its duration.

    They follow each other by duration, not by the clock: a reused state was built in another run,
    and a cell waits for a worker; both gaps would make the states themselves too small.
    """
    return [
        {
            "name": state.name,
            "verdict": state.verdict,
            "reused": state.reused,
            "key": state.key,
            "started": words.moment(state.started_at),
            "seconds": max(state.duration_s or 0, sum(s.duration_s or 0 for s in state.steps)),
            "facts": link(state.facts),
            "steps": [_step(step, transcripts) for step in state.steps],
        }
        for state in states
    ]


def _step(step: Step, transcripts: Transcripts) -> Plain:
    failed = step.duration_s is None or step.exit_status != 0
    read = transcripts.get if failed or not transcripts.only_failed else transcripts.refer
    transcript = read(step.transcript)
    return {
        "title": step.title,
        "started": words.moment(step.started_at),
        "seconds": step.duration_s,
        "exit": step.exit_status,
        "transcript": transcript.key,
        "note": transcript.note,
        "href": transcript.href,
    }
