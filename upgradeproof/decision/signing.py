"""Sign a decision: only what can be recomputed is signed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from upgradeproof.decision import sums
from upgradeproof.decision.dsse import Envelope
from upgradeproof.decision.files import parse_run
from upgradeproof.decision.folder import read_decision
from upgradeproof.decision.keys import Signer
from upgradeproof.decision.names import DECISION, EVIDENCE, SUMS
from upgradeproof.decision.remaking import remade
from upgradeproof.decision.statements import Subject, statements
from upgradeproof.decision.subjects import by_product
from upgradeproof.errors import SigningError
from upgradeproof.render.writing import write_text


def sign(folder: Path, signer: Signer, subjects: Sequence[Subject] = ()) -> Path:
    """Sign the decision in a run's folder; return the file of the signature by ssh-keygen.

    A second signer adds a signature to an unchanged folder; after a change, the signatures of
    before are removed. Raises SigningError where run.json or the decision can't be recomputed.
    """
    found = remade(folder)
    if wrong := (*found.problems, *found.notes):
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
