"""Edits that an attacker with the folder of a signed run can make, and what `verify` prints."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from tests.unit.decision.signed import CELL
from upgradeproof.decision import sums
from upgradeproof.decision.names import EVIDENCE, SUMS

Edit = Callable[[Path], object]
UNSIGNED = "SHA256SUMS.sig: the signature does not fit SHA256SUMS"
RECOMPUTED = "run.json is not what its journals fold into"


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
    "the matrix": (replace("index.html", "failed", "passed"), edited("index.html")),
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
        r"the name evidence/\x1b[2J\x1b[Hverified can't be listed in SHA256SUMS",
    ),
    "a name that is written backwards": (
        add("evidence/\u202egol.llatsni"),
        r"the name evidence/\u202egol.llatsni can't be listed in SHA256SUMS",
    ),
    "a name without a width": (
        add("evidence/install\u200b.log"),
        r"the name evidence/install\u200b.log can't be listed in SHA256SUMS",
    ),
    "a name that is no UTF-8": (
        add("evidence/\udcff.log"),
        r"the name evidence/\udcff.log can't be listed in SHA256SUMS",
    ),
    "a name with a line's end": (
        add("evidence/a\nb"),
        r"the name evidence/a\nb can't be listed in SHA256SUMS",
    ),
    "a name that looks the same": (
        add("evidence/\u0456nstall.log"),
        "evidence/\u0456nstall.log was added: SHA256SUMS does not list it",
    ),
    "a line twice in the sums": (
        lambda folder: (folder / SUMS).write_text((folder / SUMS).read_text() * 2),
        f"{SUMS}:12: decision.json is listed twice",
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
