"""`verify` names each edit that an attacker with the folder of a signed run can make.

The attacker has no key of an allowed signer, unless a test states so.
"""

from __future__ import annotations

import base64
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.decision.attacks import ATTACKS, replace
from tests.unit.decision.signed import AT, allow, decided_folder, make_key
from upgradeproof.decision.claims import read_envelopes
from upgradeproof.decision.dsse import Envelope, encoded
from upgradeproof.decision.expecting import Expected
from upgradeproof.decision.keys import fingerprint, open_signer
from upgradeproof.decision.names import EVIDENCE, SUMS, visible
from upgradeproof.decision.signers import AllowedSigner, people
from upgradeproof.decision.signing import sign
from upgradeproof.decision.verifying import verify
from upgradeproof.errors import HarnessError, SigningError


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two signed runs, `out` and `other/out`, and keys, made once."""
    root = tmp_path_factory.mktemp("attacks")
    allow(root / "signers", make_key(root / "ada"))
    make_key(root / "mallory")
    (root / "other").mkdir()
    for folder in (decided_folder(root), decided_folder(root / "other", waived=False)):
        (folder / "decision" / "baseline-1").mkdir()
        (folder / ".lock").touch()
        sign(folder, open_signer(root / "ada"))
    return root


@pytest.fixture
def folder(world: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(world / "out", tmp_path / "out"))


def found(world: Path, folder: Path) -> tuple[str, ...]:
    return verify(folder, world / "signers").problems


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_edit_is_found_and_named(world: Path, folder: Path, attack: str) -> None:
    do, problem = ATTACKS[attack]
    do(folder)
    assert problem in found(world, folder)


def test_the_folder_itself_verifies(world: Path, folder: Path) -> None:
    assert found(world, folder) == ()


@pytest.mark.parametrize("name", [SUMS, EVIDENCE])
def test_a_folder_without_its_signature_is_one_clear_error(
    world: Path, folder: Path, name: str
) -> None:
    (folder / name).unlink()
    with pytest.raises(HarnessError, match=f"is not signed: {name} is not there"):
        found(world, folder)


@pytest.mark.parametrize("name", [EVIDENCE, SUMS, "SHA256SUMS.sig", "run.json", "decision.json"])
def test_a_file_of_another_signed_run_is_found(world: Path, folder: Path, name: str) -> None:
    shutil.copyfile(world / "other" / "out" / name, folder / name)
    assert found(world, folder) != ()


def test_statements_of_another_run_are_named(world: Path, folder: Path) -> None:
    shutil.copyfile(world / "other" / "out" / EVIDENCE, folder / EVIDENCE)
    assert f"{EVIDENCE}:1: the statement is not about this run and decision" in found(world, folder)


def test_another_key_is_named_also_with_the_key_id_of_a_signer(world: Path, folder: Path) -> None:
    """The key id is only a hint: a signature by another key with an allowed id is invalid."""
    mallory, ada = (open_signer(world / name) for name in ("mallory", "ada"))
    sign(folder, mallory)
    (folder / "SHA256SUMS.sig").unlink()
    lines = [
        each.model_copy(
            update={
                "signatures": (
                    each.signed_by(mallory)
                    .signatures[-1]
                    .model_copy(update={"keyid": fingerprint(ada.blob)}),
                )
            }
        )
        for each in read_envelopes(folder)
    ]
    (folder / EVIDENCE).write_text("".join(each.line() for each in lines))
    assert found(world, folder) == (
        f"SHA256SUMS.2.sig: the key {fingerprint(mallory.blob)} is not an allowed signer",
        "signed by 0 allowed signers, and 1 are needed",
    )
    shutil.copyfile(world / "out" / "SHA256SUMS.sig", folder / "SHA256SUMS.sig")
    assert f"{EVIDENCE}: ada@example.org did not sign statement 1, 2" in found(world, folder)


def test_another_type_of_payload_is_named(world: Path, folder: Path) -> None:
    """The type is checked even if an allowed signer signed these bytes with another type."""
    ada = open_signer(world / "ada")
    tests, decision = read_envelopes(folder)
    sig = base64.b64encode(ada.sign(encoded("text/plain", tests.content))).decode()
    signature = tests.signatures[0].model_copy(update={"sig": sig})
    other = tests.model_copy(update={"payload_type": "text/plain", "signatures": (signature,)})
    (folder / EVIDENCE).write_text(other.line() + decision.line())
    assert found(world, folder) == (
        f"{EVIDENCE}:1: the statement is not about this run and decision",
    )


@pytest.mark.parametrize("number", [0, 1])
def test_a_statement_that_is_written_in_another_way_is_named(
    world: Path, folder: Path, number: int
) -> None:
    """An allowed signer can't sign a statement that two readers of JSON read differently."""
    ada = open_signer(world / "ada")
    lines = read_envelopes(folder)
    text = lines[number].content.decode()
    twice = text.replace('{"_type":', '{"predicateType":"x","_type":', 1)
    assert json.loads(twice) == json.loads(text)
    payload = base64.b64encode(twice.encode()).decode()
    made = Envelope(payload=payload, payloadType=lines[number].payload_type, signatures=())
    lines[number] = made.signed_by(ada)
    (folder / EVIDENCE).write_text("".join(each.line() for each in lines))
    assert f"{EVIDENCE}:{number + 1}: the statement is not about this run and decision" in found(
        world, folder
    )


def test_an_envelope_with_a_repeated_key_is_invalid(world: Path, folder: Path) -> None:
    text = (folder / EVIDENCE).read_text()
    (folder / EVIDENCE).write_text(text.replace('{"payload"', '{"payload":"","payload"', 1))
    assert f"{EVIDENCE} holds no envelopes" in found(world, folder)


def test_a_journal_that_can_be_read_in_two_ways_is_not_signed(world: Path, folder: Path) -> None:
    replace("journal/worker.jsonl", '"check":"a"', '"check":"z","check":"a"')(folder)
    with pytest.raises(HarnessError, match="the line is no event of this version"):
        sign(folder, open_signer(world / "ada"))


@pytest.mark.parametrize("name", ["a\u200b.log", "a\x1b.log", "\udcff.log", "a\\b"])
def test_an_odd_name_is_not_signed(world: Path, folder: Path, name: str) -> None:
    (folder / name).touch()
    with pytest.raises(SigningError) as error:
        sign(folder, open_signer(world / "ada"))
    assert error.value.brief == (
        f"{folder} can't be signed: the name {visible(name)} can't be listed in SHA256SUMS"
    )


NOW = AT + timedelta(days=30)
OLD = "the decision is 30.0 days old, and 7 are allowed: it may be that of an earlier release"
LATER = (
    "the decision was made at 2026-01-02T00:00:00+00:00, which is after now, "
    "2026-01-01T00:00:00+00:00"
)


@pytest.mark.parametrize(
    ("expected", "problems"),
    [
        (Expected(now=NOW), ()),
        (Expected(now=NOW, max_age_days=31), ()),
        (
            Expected(now=NOW, max_age_days=7),
            (OLD,),
        ),
        (Expected(now=AT - timedelta(minutes=1)), ()),
        (
            Expected(now=datetime(2026, 1, 1, tzinfo=UTC)),
            (LATER,),
        ),
    ],
)
def test_an_old_decision_is_not_that_of_this_release(
    world: Path, folder: Path, expected: Expected, problems: tuple[str, ...]
) -> None:
    """A signed run of an earlier release is genuine: only its age or its packages show that."""
    assert verify(folder, world / "signers", expected=expected).problems == problems


def test_a_signer_who_used_another_policy_is_found(world: Path, folder: Path) -> None:
    expected = Expected(now=NOW, policy=world / "policy.toml", waivers=world / "waivers.toml")
    assert verify(folder, world / "signers", expected=expected).problems == ()
    other = Expected(now=NOW, policy=world / "waivers.toml", waivers=world / "policy.toml")
    assert verify(folder, world / "signers", expected=other).problems == (
        f"the decision was made by another policy than {world / 'waivers.toml'}",
        f"the decision was made by another file of waivers than {world / 'policy.toml'}",
    )
    with pytest.raises(HarnessError, match="none can't be read: No such file or directory"):
        verify(folder, world / "signers", expected=Expected(now=NOW, policy=world / "none"))


@pytest.mark.parametrize(
    ("names", "number"),
    [
        (["ada", "grace"], 2),
        (["ada", "ada"], 1),
        (["ada", "grace,ada"], 1),
        (["ada", "grace", "ada,grace"], 1),
        ([], 0),
    ],
)
def test_keys_that_share_a_name_are_of_one_person(names: list[str], number: int) -> None:
    assert people(AllowedSigner(name=name, blob=name.encode()) for name in names) == number
