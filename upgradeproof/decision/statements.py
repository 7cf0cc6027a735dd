"""What is attested: the results of each product, and the decision, as in-toto statements; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from upgradeproof import __version__
from upgradeproof.decision.dsse import Envelope
from upgradeproof.decision.files import digest
from upgradeproof.decision.model import Decision
from upgradeproof.decision.policy import Outcome
from upgradeproof.decision.subjects import Descriptor
from upgradeproof.results import ArchiveSnapshot, Cell, ImageFile, Run, State, Verdict
from upgradeproof.states import StateName

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SUMMARY = "https://slsa.dev/verification_summary/v1"
EXTENSION = "urn:upgradeproof:unproven:v1"
"""The key of what the predicate has no place for: checks that prove nothing."""
VERIFIER = "urn:upgradeproof:decide:v1"
LEVEL = "UPGRADEPROOF_GO"
"""The only level that is verified; nothing is claimed about the levels of SLSA."""


def products(run: Run) -> tuple[str, ...]:
    """Return the products that the run has results of, in their order."""
    return tuple(dict.fromkeys(cell.product for cell in run.cells if cell.selected))


def results(run: Run, decision: Decision, product: str, subjects: Sequence[Descriptor]) -> Any:
    """Return the statement of one product's results."""
    cells = [cell for cell in run.cells if cell.selected and cell.product == product]
    waived = {(each.cell, each.check) for each in decision.waived}
    checks: dict[str, list[str]] = {verdict: [] for verdict in Verdict}
    warned: list[str] = []
    for cell in cells:
        for check in cell.checks:
            is_waived = (cell.id, check.id) in waived
            (warned if is_waived else checks[check.verdict]).append(f"{cell.id} {check.id}")
    unproven = {
        "neverRan": checks[Verdict.NEVER_RAN],
        "broken": checks[Verdict.BROKEN],
        "notApplicable": checks[Verdict.NOT_APPLICABLE],
    }
    return _statement(
        TEST_RESULT,
        subjects or [_run_json(decision)],
        {
            "result": _result(cells, checks, warned),
            "configuration": _configuration(run, decision, product, cells),
            "passedTests": checks[Verdict.PASSED],
            "warnedTests": warned,
            "failedTests": checks[Verdict.FAILED],
            EXTENSION: unproven,
        },
    )


def summary(decision: Decision, subjects: Sequence[Descriptor], inputs: Sequence[Envelope]) -> Any:
    """Return the statement of the decision; it lists every statement that it depends on."""
    went = decision.outcome is Outcome.GO
    return _statement(
        SUMMARY,
        subjects or [_run_json(decision)],
        {
            "verifier": {"id": VERIFIER, "version": {"upgradeproof": __version__}},
            "timeVerified": decision.decided_at,
            "resourceUri": f"urn:upgradeproof:run:{decision.run_id}",
            "policy": {
                "uri": "urn:upgradeproof:file:decision/policy.toml",
                "digest": {"sha256": decision.inputs.policy},
            },
            "inputAttestations": [
                {
                    "uri": f"urn:upgradeproof:statement:{number}",
                    "digest": {"sha256": digest(envelope.content)},
                }
                for number, envelope in enumerate(inputs, start=1)
            ],
            "verificationResult": "PASSED" if went else "FAILED",
            "verifiedLevels": [LEVEL] if went else ["FAILED"],
            "urn:upgradeproof:decision:v1": {
                "outcome": str(decision.outcome),
                "result": decision.result,
                "digest": {"sha256": digest(decision.as_json().encode())},
            },
        },
    )


def statements(
    run: Run, decision: Decision, subjects: Mapping[str, Sequence[Descriptor]]
) -> list[Envelope]:
    """Return all envelopes of a decision, without signatures; ``subjects`` by product."""
    found = [
        Envelope.of(results(run, decision, product, subjects.get(product, ())))
        for product in products(run)
    ]
    every = [each for product in products(run) for each in subjects.get(product, ())]
    return [*found, Envelope.of(summary(decision, _once(every), found))]


def _once(subjects: Sequence[Descriptor]) -> list[Descriptor]:
    return list({str(each): each for each in subjects}.values())


def _statement(kind: str, subjects: Sequence[Descriptor], predicate: dict[str, Any]) -> Any:
    return {
        "_type": STATEMENT,
        "subject": list(subjects),
        "predicateType": kind,
        "predicate": predicate,
    }


def _run_json(decision: Decision) -> Descriptor:
    """Return run.json as a subject: where no package is named, the results are what is attested."""
    return {"name": "run.json", "digest": {"sha256": decision.inputs.run}}


def _result(cells: Sequence[Cell], checks: Mapping[str, list[str]], warned: list[str]) -> str:
    """Return the word of the predicate; what broke or never ran is no pass."""
    bad = (Verdict.FAILED, Verdict.BROKEN, Verdict.NEVER_RAN)
    reached = all(state.verdict not in bad for cell in cells for state in cell.states)
    if any(checks[verdict] for verdict in bad) or not reached or not checks[Verdict.PASSED]:
        return "FAILED"
    return "WARNED" if warned else "PASSED"


def _configuration(
    run: Run, decision: Decision, product: str, cells: Sequence[Cell]
) -> list[Descriptor]:
    plans = [plan for plan in run.plans if plan.product == product]
    states = [state for cell in cells for state in cell.states]
    images = _once([_image(state.image) for state in states if state.image])
    archives = _once([_archive(each) for state in states for each in state.archives])
    return [
        *({"name": plan.path, "digest": {"sha256": plan.sha256}} for plan in plans),
        {"name": "run.json", "digest": {"sha256": decision.inputs.run}},
        *_engine(run),
        *images,
        *archives,
        *_without_a_sum(states),
        *(
            {
                "name": cell.id,
                "annotations": {
                    "fidelity": str(cell.fidelity or ""),
                    "states": {state.name: state.key for state in cell.states},
                },
            }
            for cell in cells
        ),
    ]


def _engine(run: Run) -> list[Descriptor]:
    """Return the engine's version, with the digest of its code; of each code that took part."""
    version = {"name": "upgradeproof", "annotations": {"version": run.upgradeproof}}
    return [version | {"digest": {"sha256": each}} for each in run.engine_sha256] or [version]


def _image(image: ImageFile) -> Descriptor:
    return {"name": f"image {image.reference}", "digest": {"sha256": image.sha256}}


def _archive(index: ArchiveSnapshot) -> Descriptor:
    """Return a signed index of an archive: it covers the sum of each package that came from it."""
    return {
        "name": f"archive {index.name}",
        "digest": {"sha256": index.sha256},
        "annotations": {"date": index.date},
    }


def _without_a_sum(states: Sequence[State]) -> list[Descriptor]:
    """Return the packages under test whose files are not known: they are no subjects."""
    return _once(
        [
            {"name": f"{each.name} {each.version}", "annotations": {"sha256": "unknown"}}
            for state in states
            if state.name == StateName.UPGRADED
            for each in state.packages
            if not each.sha256
        ]
    )
