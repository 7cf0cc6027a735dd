"""Verify a signed decision offline: signatures, sums, and everything made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from upgradeproof.decision import sums
from upgradeproof.decision.claims import false_claims, packages, read_envelopes
from upgradeproof.decision.dsse import Envelope
from upgradeproof.decision.expecting import Expected, unexpected
from upgradeproof.decision.folder import read_decision
from upgradeproof.decision.keys import fingerprint
from upgradeproof.decision.model import Decision
from upgradeproof.decision.names import DECISION, EVIDENCE, SUMS
from upgradeproof.decision.remaking import Remade, remade
from upgradeproof.decision.signers import AllowedSigner, load_signers, people
from upgradeproof.decision.subjects import Descriptor
from upgradeproof.errors import HarnessError, UpgradeproofError


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was found."""

    decision: Decision | None
    signers: tuple[AllowedSigner, ...]
    """Those who signed all of it, each key once."""
    packages: tuple[Descriptor, ...]
    """The packages under test that the statements name."""
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What could not be made again, and is covered by signatures alone."""

    @property
    def ok(self) -> bool:
        """Return whether nothing was found."""
        return not self.problems


def verify(
    folder: Path,
    signers: Path,
    *,
    at: datetime | None = None,
    threshold: int = 1,
    expected: Expected | None = None,
) -> Verified:
    """Verify a signed folder.

    ``at``: the time at which keys must be valid, by default the time of the decision, which the
    signature covers. ``threshold``: how many people must have signed. ``expected``: what is known
    from elsewhere. Raises PlanError for a wrong file of signers, HarnessError for a folder that was
    not signed. Of a folder with links, devices or odd names nothing is read.
    """
    allowed = load_signers(signers)
    if not folder.is_dir():
        raise HarnessError(f"{folder} is no folder", resolution="name the folder of a signed run")
    for name in (SUMS, EVIDENCE):
        if not (folder / name).is_file():
            raise HarnessError(
                f"{folder} is not signed: {name} is not there",
                resolution="`upgradeproof sign --key FILE` signs it",
            )
    if unfit := tuple(sums.unfit(folder)):
        return Verified(decision=None, signers=(), packages=(), problems=unfit)
    problems = list(sums.differences(folder))
    decision, again = _made_again(folder)
    problems += again.problems
    problems += unexpected(decision, expected) if decision and expected else ()
    envelopes = read_envelopes(folder)
    claims = list(false_claims(folder, decision, envelopes)) if decision else []
    problems += claims
    time = at or (
        datetime.fromisoformat(decision.decided_at) if decision else datetime.now().astimezone()
    )
    signed, found = _signers(folder, signers, allowed, envelopes, time)
    problems += found
    if (number := people(signed)) < threshold:
        problems.append(f"signed by {number} allowed signers, and {threshold} are needed")
    return Verified(
        decision=decision,
        signers=tuple(signed),
        packages=() if claims or not decision else tuple(packages(envelopes)),
        problems=tuple(problems),
        notes=(*again.outdated, *again.notes),
    )


def _made_again(folder: Path) -> tuple[Decision | None, Remade]:
    """Return the decision, and what is not as it is when it is made again."""
    try:
        decision = read_decision(folder / DECISION)
    except UpgradeproofError as error:
        return None, Remade(problems=(error.brief,))
    try:
        return decision, remade(folder)
    except UpgradeproofError as error:
        return decision, Remade(problems=(f"it can't be recomputed: {error.brief}",))


def _signers(
    folder: Path,
    path: Path,
    allowed: Sequence[AllowedSigner],
    envelopes: Sequence[Envelope],
    at: datetime,
) -> tuple[list[AllowedSigner], list[str]]:
    """Return who signed the sums and every statement, and what is wrong with signatures."""
    content = (folder / SUMS).read_bytes()
    by_key: dict[bytes, AllowedSigner] = {}
    for each in allowed:
        known = by_key.setdefault(each.blob, each)
        if known.refused(at):  # a key may have several lines, one for each time
            by_key[each.blob] = each
    good: list[AllowedSigner] = []
    problems: list[str] = []
    if not sums.signatures(folder):
        problems.append(f"{SUMS}.sig is missing")
    for file in sums.signatures(folder):
        blob = sums.signer_of(file)
        signer = by_key.get(blob or b"")
        if blob is None:
            problems.append(f"{file.name} is no signature of ssh-keygen")
        elif signer is None:
            problems.append(f"{file.name}: the key {fingerprint(blob)} is not an allowed signer")
        elif why := signer.refused(at):
            problems.append(f"{file.name}: {why}")
        elif not sums.ssh_verifies(
            content, file, signers=path, name=signer.name.split(",")[0], at=at
        ):
            problems.append(f"{file.name}: the signature does not fit {SUMS}")
        elif missing := [
            str(number)
            for number, each in enumerate(envelopes, start=1)
            if not each.signers([signer.blob])
        ]:
            where = ", ".join(missing)
            problems.append(f"{EVIDENCE}: {signer.name} did not sign statement {where}")
        else:
            good.append(signer)
    return good, problems
