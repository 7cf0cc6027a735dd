"""Sign a decision: only what can be recomputed is signed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from upgradeproof.decision import sums
from upgradeproof.decision.claims import false_claims, packages, read_envelopes
from upgradeproof.decision.dsse import Envelope
from upgradeproof.decision.folder import read_decision
from upgradeproof.decision.keys import Signer
from upgradeproof.decision.model import Decision
from upgradeproof.decision.names import DECISION, EVIDENCE, SUMS
from upgradeproof.decision.remaking import remade
from upgradeproof.decision.statements import statements
from upgradeproof.decision.subjects import Subject, by_product
from upgradeproof.errors import SigningError
from upgradeproof.files import write_atomically
from upgradeproof.render.writing import write_text
from upgradeproof.results.reading import read_run


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What signing did."""

    path: Path
    """The file of the signature by ssh-keygen."""
    removed: int
    """How many signatures were removed, because the folder changed after them."""


def sign(folder: Path, signer: Signer, subjects: Sequence[Subject] = ()) -> Signed:
    """Sign the decision in a run's folder.

    A second signer adds a signature to an unchanged folder, about the same packages; after a
    change, the signatures of before are removed. Raises SigningError where run.json, the decision
    or its page can't be recomputed, or where ``subjects`` are not those that others signed.
    """
    found = remade(folder)
    if wrong := (*found.problems, *found.outdated):
        raise SigningError(
            f"the run in {folder} is not signed: it can't be recomputed",
            details="\n".join(wrong),
            resolution="`upgradeproof report`, then `upgradeproof decide`, make both again",
        )
    run = read_run(folder)
    decision = read_decision(folder / DECISION)
    text = sums.sums_of(folder)
    envelopes = _earlier(folder, text, decision)
    named = by_product(run, folder, subjects)
    made = statements(run, decision, named)
    if envelopes and subjects and packages(envelopes) != packages(made):
        raise SigningError(
            f"{folder} is signed already, and not about the packages that --package names",
            details="\n".join(str(each["name"]) for each in packages(envelopes)) or "no package",
            resolution=f"name the same packages, or remove {EVIDENCE} to begin again",
        )
    old = [] if envelopes else sums.signatures(folder)
    signature = sums.ssh_sign(text.encode(), signer)
    signed = [each.signed_by(signer) for each in envelopes or made]
    for path in old:
        path.unlink()
    target = _place(folder, signer)
    write_text(folder / SUMS, text)
    write_atomically(target, signature)
    write_text(folder / EVIDENCE, "".join(each.line() for each in signed))
    return Signed(path=target, removed=len(old))


def _earlier(folder: Path, text: str, decision: Decision) -> list[Envelope]:
    """Return the envelopes that others signed, where nothing changed since; else none."""
    path = folder / SUMS
    if not path.is_file() or path.read_bytes() != text.encode():
        return []
    found = read_envelopes(folder)
    return [] if list(false_claims(folder, decision, found)) else found


def _place(folder: Path, signer: Signer) -> Path:
    """Return the file of a signer's signature: the one that this key wrote before, or a new one."""
    own = (path for path in sums.signatures(folder) if sums.signer_of(path) == signer.blob)
    return next(own, sums.free_name(folder))
