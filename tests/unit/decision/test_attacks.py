"""What an attacker with the folder of a signed run can do, each done: `verify` names all of it.

The attacker has no key of an allowed signer, unless a test states so.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.unit.decision.signed import AT, CELL, allow, decided_folder, make_key
from upgradeproof.decision import sums
from upgradeproof.decision.claims import read_envelopes
from upgradeproof.decision.dsse import Envelope, encoded
from upgradeproof.decision.expecting import Expected
from upgradeproof.decision.keys import fingerprint, open_signer
from upgradeproof.decision.names import EVIDENCE, SUMS, visible
from upgradeproof.decision.signers import AllowedSigner, people
from upgradeproof.decision.signing import sign
from upgradeproof.decision.verifying import verify
from upgradeproof.errors import HarnessError, SigningError

Edit = Callable[[Path], object]
UNSIGNED = "SHA256SUMS.sig: the signature does not fit SHA256SUMS"
RECOMPUTED = "run.json is not what its journals fold into"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two signed runs, `out` and `other/out`, and keys: made once."""
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


def replace(name: str, old: str, new: str) -> Edit:
    return lambda folder: (folder / name).write_text((folder / name).read_text().replace(old, new))


def remove(name: str) -> Edit:
    return lambda folder: (folder / name).unlink()


def add(name: str, content: bytes = b"") -> Edit:
    return lambda folder: (folder / name).write_bytes(content)


def linked(name: str, target: str) -> Edit:
    def do(folder: Path) -> None:
        path = folder / name
        path.rename(folder.parent / path.name)
        path.symlink_to(target.format(folder.parent / path.name))

    return do


def as_folder(name: str) -> Edit:
    def do(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()

    return do


def swap(one: str, other: str) -> Edit:
    def do(folder: Path) -> None:
        (folder / one).rename(folder / "x")
        (folder / other).rename(folder / one)
        (folder / "x").rename(folder / other)

    return do


def huge(name: str) -> Edit:
    return lambda folder: os.truncate(folder / name, sums.MAX_READ_BYTES + 1)


def on_a_socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(folder)  # a path of a socket may have 108 characters
        try:
            made.bind("journal/s.jsonl")
        finally:
            os.chdir(here)


def edited(name: str) -> str:
    return f"{name} was edited: its sum is not the one in SHA256SUMS"


def odd_baseline(folder: Path) -> None:
    (folder / "decision" / "baseline-x").mkdir()
    shutil.copyfile(folder / "run.json", folder / "decision" / "baseline-x" / "run.json")


def torn(folder: Path) -> None:
    path = folder / "journal" / "worker.jsonl"
    path.write_bytes(path.read_bytes()[:-9])


ATTACKS: dict[str, tuple[Edit, str]] = {
    "a verdict in the journal": (
        replace("journal/worker.jsonl", '"failed"', '"passed"'),
        edited("journal/worker.jsonl"),
    ),
    "a verdict in run.json": (replace("run.json", '"failed"', '"passed"'), RECOMPUTED),
    "a reason of the decision": (
        replace("decision.json", '"outcome": "go"', '"outcome": "no_go"'),
        "decision.json is not what run.json, policy and waivers lead to",
    ),
    "the page": (
        replace("sign-off.html", "GO", "G0"),
        "sign-off.html is not the page of this decision",
    ),
    "another version in the page": (
        replace("sign-off.html", "upgradeproof 0.", "upgradeproof 9."),
        edited("sign-off.html"),
    ),
    "a transcript": (replace("evidence/install.log", "i", "I"), edited("evidence/install.log")),
    "facts": (
        replace("evidence/upgraded/facts.json", "2.0", "2.1"),
        edited("evidence/upgraded/facts.json"),
    ),
    "a report": (replace("summary.md", "a", "b"), edited("summary.md")),
    "the policy": (
        replace("decision/policy.toml", "max_waivers = 1", "max_waivers = 9"),
        edited("decision/policy.toml"),
    ),
    "the owner of a waiver": (
        replace("decision/waivers.toml", "T-1", "T-2"),
        edited("decision/waivers.toml"),
    ),
    "no waivers": (remove("decision/waivers.toml"), "decision/waivers.toml is missing"),
    "no policy": (remove("decision/policy.toml"), "decision/policy.toml is missing"),
    "no run.json": (remove("run.json"), "run.json is missing"),
    "no decision": (remove("decision.json"), "decision.json is missing"),
    "no page": (remove("sign-off.html"), "sign-off.html is missing"),
    "no journal of a worker": (remove("journal/worker.jsonl"), "journal/worker.jsonl is missing"),
    "no transcript": (remove("evidence/install.log"), "evidence/install.log is missing"),
    "no signature": (remove("SHA256SUMS.sig"), "SHA256SUMS.sig is missing"),
    "one more file": (
        add("evidence/more.log"),
        "evidence/more.log was added: SHA256SUMS does not list it",
    ),
    "one more journal": (
        add("journal/more.jsonl"),
        "journal/more.jsonl was added: SHA256SUMS does not list it",
    ),
    "content in the lock": (
        add(".lock", b"x"),
        ".lock is not empty, and SHA256SUMS does not list it",
    ),
    "a baseline without a number": (
        odd_baseline,
        "decision/baseline-x/run.json was added: SHA256SUMS does not list it",
    ),
    "two files swapped": (
        swap("evidence/install.log", "evidence/upgraded/facts.json"),
        edited("evidence/install.log"),
    ),
    "two cells swapped": (
        lambda folder: [
            replace(name, CELL, "debian-13-amd64.container.thing-1-to-2")(folder)
            for name in ("journal/main.jsonl", "journal/worker.jsonl", "run.json")
        ],
        "decision.json is not what run.json, policy and waivers lead to",
    ),
    "a torn journal": (torn, edited("journal/worker.jsonl")),
    "a key twice in run.json": (
        replace("run.json", '"run_id": "run1"', '"run_id": "run0", "run_id": "run1"'),
        "run.json can be read in two ways: the key 'run_id' is there twice",
    ),
    "a key twice in a journal": (
        replace("journal/worker.jsonl", '"check":"a"', '"check":"z","check":"a"'),
        edited("journal/worker.jsonl"),
    ),
    "JSON that is nested": (add("run.json", b"[" * 100_000), edited("run.json")),
    "another time of the decision": (
        replace("decision.json", "2026-01-02", "2026-01-03"),
        "decision.json is not what run.json, policy and waivers lead to",
    ),
    "a decision before the end of the run": (
        replace("decision.json", "2026-01-02", "2025-01-02"),
        edited("decision.json"),
    ),
    "a link in place of a file": (
        linked("run.json", "{}"),
        "run.json is a link or no regular file",
    ),
    "a link in place of a journal that never ends": (
        linked("journal/worker.jsonl", "/dev/zero"),
        "journal/worker.jsonl is a link or no regular file",
    ),
    "a link in place of a folder": (
        linked("decision", "{}"),
        "decision is a link or no regular file",
    ),
    "a pipe that blocks its reader": (
        lambda folder: os.mkfifo(folder / "journal" / "x.jsonl"),
        "journal/x.jsonl is a link or no regular file",
    ),
    "a socket": (on_a_socket, "journal/s.jsonl is a link or no regular file"),
    "a folder in place of a file": (
        as_folder("run.json"),
        "run.json is a folder, and should be a file",
    ),
    "a folder in place of a signature": (
        as_folder("SHA256SUMS.2.sig"),
        "SHA256SUMS.2.sig is a folder, and should be a file",
    ),
    "a huge journal": (
        huge("journal/worker.jsonl"),
        "journal/worker.jsonl is larger than 1 GiB, and is not read",
    ),
    "huge statements": (huge(EVIDENCE), f"{EVIDENCE} is larger than 1 GiB, and is not read"),
    "a name that clears the screen": (
        add("evidence/\x1b[2J\x1b[Hverified"),
        r"the name evidence/\x1b[2J\x1b[Hverified can't stand in SHA256SUMS",
    ),
    "a name that is written backwards": (
        add("evidence/\u202egol.llatsni"),
        r"the name evidence/\u202egol.llatsni can't stand in SHA256SUMS",
    ),
    "a name without a width": (
        add("evidence/install\u200b.log"),
        r"the name evidence/install\u200b.log can't stand in SHA256SUMS",
    ),
    "a name that is no UTF-8": (
        add("evidence/\udcff.log"),
        r"the name evidence/\udcff.log can't stand in SHA256SUMS",
    ),
    "a name with a line's end": (
        add("evidence/a\nb"),
        r"the name evidence/a\nb can't stand in SHA256SUMS",
    ),
    "a name that looks the same": (
        add("evidence/\u0456nstall.log"),
        "evidence/\u0456nstall.log was added: SHA256SUMS does not list it",
    ),
    "a line twice in the sums": (
        lambda folder: (folder / SUMS).write_text((folder / SUMS).read_text() * 2),
        f"{SUMS}:11: decision.json is listed twice",
    ),
    "a path outside in the sums": (
        lambda folder: (folder / SUMS).write_text(
            (folder / SUMS).read_text() + "0" * 64 + "  ../../secret\n"
        ),
        "../../secret is missing",
    ),
    "sums of the edited files": (
        lambda folder: [
            add("summary.md", b"fine")(folder),
            (folder / SUMS).write_text(sums.sums_of(folder)),
        ],
        UNSIGNED,
    ),
}


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
    """The key id is a hint: a signature by another key with the id of an allowed one is none."""
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
    """Also where an allowed signer signed these bytes as a payload of another type."""
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


def test_an_envelope_with_a_key_twice_is_none(world: Path, folder: Path) -> None:
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
        f"{folder} can't be signed: the name {visible(name)} can't stand in SHA256SUMS"
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
    """A signed run of an earlier release is genuine: only its age or its packages tell."""
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
