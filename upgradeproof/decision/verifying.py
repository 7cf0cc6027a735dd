"""Verify a signed decision offline: signatures, sums, and everything made again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from upgradeproof.decision import sums
from upgradeproof.decision.dsse import PAYLOAD_TYPE, Envelope
from upgradeproof.decision.files import parse_run
from upgradeproof.decision.folder import read_decision
from upgradeproof.decision.keys import fingerprint
from upgradeproof.decision.model import Decision
from upgradeproof.decision.names import DECISION, EVIDENCE, SUMS
from upgradeproof.decision.remaking import Remade, remade
from upgradeproof.decision.signers import AllowedSigner, load_signers
from upgradeproof.decision.signing import read_envelopes
from upgradeproof.decision.statements import SUMMARY, products, statements
from upgradeproof.errors import HarnessError, UpgradeproofError


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was found."""

    decision: Decision | None
    signers: tuple[AllowedSigner, ...]
    """Those who signed all of it, each key once."""
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What could not be made again, and is covered by signatures alone."""

    @property
    def ok(self) -> bool:
        """Tell whether nothing was found."""
        return not self.problems


def verify(
    folder: Path, signers: Path, *, at: datetime | None = None, threshold: int = 1
) -> Verified:
    """Verify a signed folder.

    ``at``: the time at which keys must be valid, by default the time of the decision, which the
    signature covers. ``threshold``: how many people must have signed. Raises PlanError for a wrong
    file of signers, HarnessError for a folder that was not signed.
    """
    allowed = load_signers(signers)
    for name in (SUMS, EVIDENCE):
        if not (folder / name).is_file():
            raise HarnessError(
                f"{folder} is not signed: {name} is not there",
                resolution="`upgradeproof sign --key FILE` signs it",
            )
    problems = list(sums.differences(folder))
    decision, again = _made_again(folder)
    problems += again.problems
    envelopes = read_envelopes(folder)
    problems += _of_statements(folder, decision, envelopes)
    time = at or (
        datetime.fromisoformat(decision.decided_at) if decision else datetime.now().astimezone()
    )
    signed, found = _signers(folder, signers, allowed, envelopes, time)
    problems += found
    names = {each.name for each in signed}
    if len(names) < threshold:
        problems.append(f"signed by {len(names)} allowed signers, and {threshold} are needed")
    return Verified(
        decision=decision, signers=tuple(signed), problems=tuple(problems), notes=again.notes
    )


def _made_again(folder: Path) -> tuple[Decision | None, Remade]:
    """Return the decision, and what is not as it is when it is made again."""
    try:
        decision = read_decision(folder / DECISION)
    except UpgradeproofError as error:
        return None, Remade(problems=(str(error),))
    try:
        return decision, remade(folder)
    except UpgradeproofError as error:
        return decision, Remade(problems=(f"it can't be recomputed: {error.brief}",))


def _of_statements(
    folder: Path, decision: Decision | None, envelopes: Sequence[Envelope]
) -> Iterator[str]:
    """Yield what the statements claim that the run and the decision do not."""
    if not envelopes:
        yield f"{EVIDENCE} holds no envelopes"
        return
    if decision is None:
        return
    try:
        found = [each.statement for each in envelopes]
        run = parse_run((folder / "run.json").read_bytes(), folder / "run.json")
        subjects = {
            product: _subjects(each) for product, each in zip(products(run), found, strict=False)
        }
        expected = statements(run, decision, subjects)
    except (ValueError, KeyError, TypeError, UpgradeproofError):
        yield f"{EVIDENCE} can't be read as statements about this run"
        return
    if len(expected) != len(envelopes):
        yield f"{EVIDENCE} holds {len(envelopes)} statements, and {len(expected)} are needed"
        return
    for number, (each, wanted) in enumerate(zip(envelopes, expected, strict=True), start=1):
        if each.payload_type != PAYLOAD_TYPE or not _same(each.statement, wanted.statement):
            yield f"{EVIDENCE}:{number}: the statement is not about this run and decision"


def _subjects(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the packages that a statement names; run.json is no package."""
    return [each for each in statement["subject"] if each.get("name") != "run.json"]


def _same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Tell whether two statements are equal; the version of who decided may differ."""
    if found.get("predicateType") != SUMMARY or wanted["predicateType"] != SUMMARY:
        return found == wanted
    verifier = found.get("predicate", {}).get("verifier", {})
    wanted["predicate"]["verifier"]["version"] = verifier.get("version")
    return found == wanted


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
