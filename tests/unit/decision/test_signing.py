"""A signed decision: it verifies, and any edited byte is found and named."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.decision.signed import CELL, allow, decided_folder, make_decision, make_key
from upgradeproof.decision import sums
from upgradeproof.decision.claims import read_envelopes
from upgradeproof.decision.dsse import Envelope
from upgradeproof.decision.keys import fingerprint, open_signer
from upgradeproof.decision.names import DECISION, EVIDENCE, SUMS, left_by_a_decision
from upgradeproof.decision.page import version_of
from upgradeproof.decision.signers import NAMESPACE
from upgradeproof.decision.signing import sign
from upgradeproof.decision.verifying import verify
from upgradeproof.errors import HarnessError, SigningError
from upgradeproof.results.journal import CheckFinished
from upgradeproof.results.model import Verdict


def problems(folder: Path, signers: Path, **more: Any) -> list[str]:
    return list(verify(folder, signers, **more).problems)


def test_a_signed_decision_verifies(folder: Path, signers: Path) -> None:
    found = verify(folder, signers)
    assert found.problems == ()
    assert [each.name for each in found.signers] == ["ada@example.org"]
    assert found.decision is not None
    assert found.decision.result == "passed_with_waivers"


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "name",
    [
        "journal/worker.jsonl",
        "evidence/install.log",
        "evidence/upgraded/facts.json",
        "decision/policy.toml",
        "decision/waivers.toml",
        "decision.json",
        "sign-off.html",
        "summary.md",
        "run.json",
    ],
)
def test_one_edited_bit_of_any_file_is_found_and_named(
    folder: Path, signers: Path, name: str
) -> None:
    flip(folder / name)
    assert f"{name} was edited: its sum is not the one in SHA256SUMS" in problems(folder, signers)


@pytest.mark.parametrize(
    "name", ["SHA256SUMS", "SHA256SUMS.sig", EVIDENCE, "decision.json", "run.json"]
)
@pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b'{"decided_at": "2026"}\n'])
def test_a_file_with_other_content_is_a_problem(
    folder: Path, signers: Path, name: str, content: bytes
) -> None:
    (folder / name).write_bytes(content)
    assert any(name in problem for problem in problems(folder, signers))


@pytest.mark.parametrize("time", ["2026-01", "2026-01-02T00:00:00", "later"])
def test_an_invalid_time_is_a_problem(folder: Path, signers: Path, time: str) -> None:
    for name, key in (("decision.json", "decided_at"), ("run.json", "started_at")):
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: time}))
    assert "decision.json was edited: its sum is not the one in SHA256SUMS" in problems(
        folder, signers
    )


def test_a_removed_and_an_added_file_are_named(folder: Path, signers: Path) -> None:
    (folder / "summary.md").unlink()
    (folder / "evidence/more.log").write_text("")
    assert problems(folder, signers) == [
        "evidence/more.log was added: SHA256SUMS does not list it",
        "summary.md is missing",
    ]


def test_edited_checksums_do_not_match_their_signature(folder: Path, signers: Path) -> None:
    (folder / "evidence/install.log").write_text("another")
    (folder / SUMS).write_text(sums.sums_of(folder))
    assert problems(folder, signers) == [
        "index.html is not the matrix of run.json",
        "SHA256SUMS.sig: the signature does not fit SHA256SUMS",
        "signed by 0 allowed signers, and 1 are needed",
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_an_edited_statement_is_found(folder: Path, signers: Path, number: int) -> None:
    envelopes = read_envelopes(folder)
    edited = envelopes[number].statement
    edited["predicate"]["more"] = "yes"
    payload = base64.b64encode(json.dumps(edited).encode()).decode()
    envelopes[number] = envelopes[number].model_copy(update={"payload": payload})
    write_envelopes(folder, envelopes)
    assert problems(folder, signers) == [
        f"evidence.intoto.jsonl:{number + 1}: the statement is not about this run and decision",
        f"evidence.intoto.jsonl: ada@example.org did not sign statement {number + 1}",
        "signed by 0 allowed signers, and 1 are needed",
    ]


def test_a_statement_that_was_left_out_is_found(folder: Path, signers: Path) -> None:
    write_envelopes(folder, read_envelopes(folder)[1:])
    assert "evidence.intoto.jsonl holds 1 statements, and 2 are needed" in problems(folder, signers)


def test_a_keyid_is_never_trusted(folder: Path, signers: Path, tmp_path: Path) -> None:
    eve = open_signer(make_key(tmp_path / "eve"))
    ada = fingerprint(open_signer(tmp_path / "ada").blob)
    forged = []
    for each in read_envelopes(folder):
        bare = each.model_copy(update={"signatures": ()}).signed_by(eve)
        (signature,) = bare.signatures
        as_ada = signature.model_copy(update={"keyid": ada})
        forged.append(bare.model_copy(update={"signatures": (as_ada,)}))
    write_envelopes(folder, forged)
    assert problems(folder, signers)[0] == (
        "evidence.intoto.jsonl: ada@example.org did not sign statement 1, 2"
    )


def test_a_wrong_keyid_has_no_effect(folder: Path, signers: Path) -> None:
    renamed = []
    for each in read_envelopes(folder):
        (signature,) = each.signatures
        other = signature.model_copy(update={"keyid": "other"})
        renamed.append(each.model_copy(update={"signatures": (other,)}))
    write_envelopes(folder, renamed)
    assert problems(folder, signers) == []


def write_envelopes(folder: Path, envelopes: list[Envelope]) -> None:
    (folder / EVIDENCE).write_text("".join(each.line() for each in envelopes))


def test_a_signer_who_is_not_allowed_is_named(folder: Path, tmp_path: Path) -> None:
    key = fingerprint(open_signer(tmp_path / "ada").blob)
    only_grace = allow(tmp_path / "signers", make_key(tmp_path / "grace"))
    assert problems(folder, only_grace) == [
        f"SHA256SUMS.sig: the key {key} is not an allowed signer",
        "signed by 0 allowed signers, and 1 are needed",
    ]


def test_a_key_that_had_expired_when_it_signed_is_named(folder: Path, tmp_path: Path) -> None:
    old = allow(tmp_path / "signers", tmp_path / "ada", options='valid-before="20260101Z"')
    assert problems(folder, old)[0] == (
        f"SHA256SUMS.sig: ada@example.org, key {fingerprint(open_signer(tmp_path / 'ada').blob)}, "
        "had expired at the time of signing, 2026-01-02T00:00:00+00:00: it was valid until "
        "2026-01-01T00:00:00+00:00"
    )
    before = datetime(2025, 12, 31, tzinfo=UTC)
    assert problems(folder, old, at=before) == []


def test_a_key_that_expired_later_still_verifies(folder: Path, tmp_path: Path) -> None:
    options = f'namespaces="{NAMESPACE}",valid-before="20260201Z"'
    assert problems(folder, allow(tmp_path / "signers", tmp_path / "ada", options=options)) == []


def test_a_key_of_another_namespace_is_refused(folder: Path, tmp_path: Path) -> None:
    found = problems(
        folder, allow(tmp_path / "signers", tmp_path / "ada", options='namespaces="git"')
    )
    assert f"may not sign in the namespace {NAMESPACE}" in found[0]


def test_two_signers_fulfil_a_threshold_of_two(folder: Path, signers: Path, tmp_path: Path) -> None:
    assert problems(folder, signers, threshold=2) == [
        "signed by 1 allowed signers, and 2 are needed"
    ]
    grace = make_key(tmp_path / "grace")
    assert sign(folder, open_signer(grace)).path.name == "SHA256SUMS.2.sig"
    assert sign(folder, open_signer(grace)).path.name == "SHA256SUMS.2.sig"
    both = allow(tmp_path / "signers", tmp_path / "ada", grace)
    assert problems(folder, both, threshold=2) == []


def test_a_new_decision_removes_the_signatures_of_the_old_one(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text((tmp_path / "policy.toml").read_text() + "# more\n")
    make_decision(tmp_path)
    grace = make_key(tmp_path / "grace")
    assert sign(folder, open_signer(grace)).path.name == "SHA256SUMS.sig"
    assert problems(folder, allow(tmp_path / "signers", grace)) == []


def test_what_can_not_be_recomputed_is_not_signed(tmp_path: Path, ada: Path) -> None:
    folder = decided_folder(tmp_path)
    path = folder / "run.json"
    path.write_text(path.read_text().replace("why failed", "fine"))
    (folder / DECISION).write_text((folder / DECISION).read_text() + " ")
    path.write_text(path.read_text().replace("tcp:9100 is closed", "tcp:9100 is shut"))
    with pytest.raises(SigningError) as error:
        sign(folder, open_signer(ada))
    assert error.value.details.splitlines() == [
        "run.json is not what its journals fold into",
        "decision.json is not what run.json, policy and waivers lead to",
        "sign-off.html is not the page of this decision",
        "index.html is not the matrix of run.json",
    ]


def test_a_page_of_another_version_is_a_note(folder: Path, signers: Path, ada: Path) -> None:
    page = folder / "sign-off.html"
    page.write_text(page.read_text().replace("upgradeproof 0.1", "upgradeproof 0.0"))
    (folder / SUMS).write_text(text := sums.sums_of(folder))
    (folder / "SHA256SUMS.sig").write_bytes(sums.ssh_sign(text.encode(), open_signer(ada)))
    assert problems(folder, signers)[0].startswith(f"{EVIDENCE}:2: the statement is not about")
    tests, decided = read_envelopes(folder)
    statement = decided.statement
    statement["predicate"]["verifier"]["version"] = {"upgradeproof": version_of(page.read_text())}
    write_envelopes(folder, [tests, Envelope.of(statement).signed_by(open_signer(ada))])
    found = verify(folder, signers)
    assert (found.problems, len(found.notes)) == ((), 1)
    assert found.notes[0].startswith("sign-off.html was made by upgradeproof 0.0.")


def test_a_journal_with_a_torn_last_line_is_one_clear_error(tmp_path: Path, ada: Path) -> None:
    folder = decided_folder(tmp_path)
    path = folder / "journal" / "worker.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(HarnessError) as error:
        sign(folder, open_signer(ada))
    number = len(path.read_bytes().splitlines())
    assert str(error.value) == (
        f"journal/worker.jsonl:{number}: the last line is cut off\n"
        "what it recorded is unknown, so the run can't be recomputed\n"
        "To do: run the suite again, to its end"
    )


def test_a_journal_of_an_unknown_state_is_a_problem(folder: Path, signers: Path) -> None:
    path = folder / "journal" / "worker.jsonl"
    path.write_text(path.read_text().replace('"upgraded"', '"upgrade!"'))
    assert f"it can't be recomputed: the journals of {folder} are not those of a run" in problems(
        folder, signers
    )


def test_a_run_that_a_signer_edited_is_found(folder: Path, signers: Path) -> None:
    """A signer may edit the journal before signing, and not run.json or the decision alone."""
    path = folder / "journal" / "worker.jsonl"
    event = CheckFinished(cell=CELL, check="a", verdict=Verdict.FAILED, duration_s=1)
    path.write_bytes(path.read_bytes() + event.model_dump_json().encode() + b"\n")
    assert "run.json is not what its journals fold into" in problems(folder, signers)


def test_a_folder_without_a_signature_is_one_clear_error(tmp_path: Path, signers: Path) -> None:
    folder = decided_folder(tmp_path)
    with pytest.raises(HarnessError) as error:
        verify(folder, signers)
    assert str(error.value) == (
        f"{folder} is not signed: SHA256SUMS is not there\n"
        "To do: `upgradeproof sign --key FILE` signs it"
    )


def test_a_link_is_never_signed(tmp_path: Path, ada: Path) -> None:
    folder = decided_folder(tmp_path)
    (folder / "evidence" / "link.log").symlink_to("/etc/hostname")
    with pytest.raises(SigningError, match=r"evidence/link\.log is a link"):
        sign(folder, open_signer(ada))


def test_a_new_run_removes_an_old_decision(folder: Path) -> None:
    left = {path.name for path in left_by_a_decision(folder)}
    assert left == {
        *("decision.json", "decision", "sign-off.html", "SHA256SUMS", "SHA256SUMS.sig", EVIDENCE)
    }


def test_a_signature_takes_the_first_free_name(tmp_path: Path) -> None:
    for name in (f"{SUMS}.sig", f"{SUMS}.3.sig"):
        (tmp_path / name).touch()
    free = sums.free_name(tmp_path)
    assert free.name == f"{SUMS}.2.sig"
    free.touch()
    assert sums.free_name(tmp_path).name == f"{SUMS}.4.sig"
