"""Sign a decision: only what can be recomputed is signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from upgradeproof.decision import sums
from upgradeproof.decision.dsse import Envelope
from upgradeproof.decision.files import folded, parse_run
from upgradeproof.decision.folder import decide_again, read_decision
from upgradeproof.decision.keys import Signer
from upgradeproof.decision.model import Decision
from upgradeproof.decision.names import DECISION, EVIDENCE, SUMS
from upgradeproof.decision.statements import Subject, statements
from upgradeproof.decision.subjects import by_product
from upgradeproof.errors import SigningError
from upgradeproof.render.writing import write_text


def sign(folder: Path, signer: Signer, subjects: Sequence[Subject] = ()) -> Path:
    """Sign the decision in a run's folder; return the file of the signature by ssh-keygen.

    A second signer adds a signature to an unchanged folder; after a change, the signatures of
    before are removed. Raises SigningError where run.json or the decision can't be recomputed.
    """
    wrong = recomputed(folder)
    if wrong:
        raise SigningError(
            f"the run in {folder} is not signed: it can't be recomputed",
            details="\n".join(wrong),
            resolution="`upgradeproof report`, then `upgradeproof decide`, make both again",
        )
    content = (folder / "run.json").read_bytes()
    run = parse_run(content, folder / "run.json")
    decision = read_decision(folder / DECISION)
    envelopes = statements(run, decision, by_product(run, folder, subjects))
    text = sums.sums_of(folder)
    earlier = _earlier(folder, text, envelopes)
    if not earlier:
        for path in sums.signatures(folder):
            path.unlink()
    signed = [each.signed_by(signer) for each in earlier or envelopes]
    signature = sums.ssh_sign(text.encode(), signer)
    target = _place(folder, signer)
    write_text(folder / SUMS, text)
    target.write_bytes(signature)
    write_text(folder / EVIDENCE, "".join(each.line() for each in signed))
    return target


def _earlier(folder: Path, text: str, envelopes: Sequence[Envelope]) -> list[Envelope]:
    """Return the envelopes that others signed, where they are about the same; else none."""
    path = folder / SUMS
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        return []
    found = read_envelopes(folder)
    return found if [each.payload for each in found] == [e.payload for e in envelopes] else []


def _place(folder: Path, signer: Signer) -> Path:
    """Return the file of a signer's signature: the one that this key wrote before, or a new one."""
    own = (path for path in sums.signatures(folder) if sums.signer_of(path) == signer.blob)
    return next(own, sums.free_name(folder))


def read_envelopes(folder: Path) -> list[Envelope]:
    """Return the envelopes of a folder; of no file or a wrong one: none."""
    path = folder / EVIDENCE
    try:
        return [Envelope.model_validate_json(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValueError):
        return []


def recomputed(folder: Path) -> list[str]:
    """Return what is not as it is when it is made again: run.json, decision.json.

    Raises HarnessError where it can't be made again at all.
    """
    decision = read_decision(folder / DECISION)
    run = parse_run((folder / "run.json").read_bytes(), folder / "run.json")
    problems = []
    if folded(folder) != run:
        problems.append("run.json is not what its journals fold into")
    if again(folder, decision) != decision or (
        (folder / DECISION).read_text(encoding="utf-8") != decision.as_json()
    ):
        problems.append("decision.json is not what run.json, policy and waivers lead to")
    return problems


def again(folder: Path, decision: Decision) -> Decision:
    """Return the decision, made again at the same time from the same inputs."""
    return decide_again(folder, datetime.fromisoformat(decision.decided_at)).decision
