"""`upgradeproof review` in a real pseudo-terminal: accept, skip, look, quit."""

from __future__ import annotations

import os
import pty
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.forked import Started
from tests.unit.command_line import upgradeproof
from tests.unit.plan.texts import PLAN
from tests.unit.plugin.project import Project
from tests.unit.review.runs import ARM, ONE, TWO, came, cell, change, reports, state
from upgradeproof.plan import load_plan
from upgradeproof.results import Cell

__all__ = ["upgradeproof"]

ASK = "[a]ccept, [s]kip, [e]vidence, [q]uit? "
WHY = "why is it correct? (empty: back) "
TIMEOUT_S = 180
CHANGES = state(
    came("users/deploy", "uid=999"),
    change("files//etc/web.conf/sha256", "a", "b", detail="--- old\n+++ new\n-1\n+2"),
)
DEPLOYED = state(came("users/deploy"))


@dataclass
class Terminal:
    """A command in a terminal: a test waits for its output and sends input."""

    process: Started
    device: int
    seen: str = ""
    _read: int = field(default=0)

    def expect(self, text: str) -> str:
        """Wait until a text is printed, and return what came before it since the last one."""
        deadline = time.monotonic() + TIMEOUT_S
        while (at := self.seen.find(text, self._read)) < 0:
            if not self._more(deadline):
                raise AssertionError(f"{text!r} did not come in {self.seen[self._read :]!r}")
        before, self._read = self.seen[self._read : at], at + len(text)
        return before

    def type(self, text: str) -> None:
        os.write(self.device, f"{text}\n".encode())

    def press(self, key: str) -> None:
        """Press a control key when the command waits for input: before that, Python loses ^C."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        deadline = time.monotonic() + TIMEOUT_S
        while stat.read_text().rpartition(")")[2].split()[0] != "S":
            assert time.monotonic() < deadline, "the command never waited for a key"
            time.sleep(0.01)
        os.write(self.device, key.encode())

    def end(self) -> int:
        """Wait for the end and return the exit status."""
        while self._more(time.monotonic() + TIMEOUT_S):
            pass
        return self.process.wait(TIMEOUT_S)

    def _more(self, deadline: float) -> bool:
        ready, _, _ = select.select([self.device], [], [], max(0, deadline - time.monotonic()))
        try:
            data = os.read(self.device, 4096) if ready else b""
        except OSError:  # the other end is closed
            data = b""
        self.seen += data.decode().replace("\r\n", "\n")
        return bool(data)


@contextmanager
def terminal(folder: Path, *words: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    device = os.ttyname(theirs)
    try:
        with Project(folder).server.started(
            "upgradeproof.cli:main",
            ["upgradeproof", "review", *words],
            folder=folder,
            environment={**os.environ, "TERM": "dumb"},
            source=device,
            outputs=(device, device),
        ) as process:
            os.close(theirs)
            yield Terminal(process, ours)
    finally:
        os.close(ours)


def test_each_group_is_accepted_skipped_or_looked_into(tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, CHANGES), cell(TWO, CHANGES))
    with terminal(tmp_path) as screen:
        assert screen.expect(ASK) == (
            f"\n{ONE}, upgraded: 2 changes in 2 groups\n"
            "  1. users of deploy: 1 change\n"
            "     users/deploy: (nothing) -> uid=999\n"
            "     covered by users/deploy\n"
        )
        screen.type("a")
        screen.expect(WHY)
        screen.type("the deployment makes this user")
        assert screen.expect("  1. ").endswith(
            "  upgrade.toml: [[expect.change]]; it explains 2 changes\n"
        )
        screen.expect(ASK)
        screen.type("e")
        assert screen.expect(ASK).endswith(
            "  files//etc/web.conf/sha256\n"
            "    before: a\n"
            "    after:  b\n"
            "    --- old\n"
            "    +++ new\n"
            "    -1\n"
            "    +2\n"
        )
        screen.type("s")
        screen.expect("unexplained changes left: 2\n")  # the other cell shows the same one
        assert screen.end() == 1
    (added,) = load_plan(tmp_path / "upgrade.toml").expect.change
    assert (added.facts, added.reason) == (("users/deploy",), "the deployment makes this user")


def test_a_reason_is_requested_until_it_is_long_enough(tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, CHANGES))
    with terminal(tmp_path) as screen:
        screen.expect(ASK)
        screen.type("x")
        screen.expect("  type a, s, e or q\n")
        screen.type("a")
        screen.expect(WHY)
        screen.type("")
        screen.expect(ASK)
        screen.type("a")
        screen.expect(WHY)
        screen.type("fine")
        screen.expect("  the reason 'fine' is too short: 8 characters or more\n")
        screen.expect(ASK)
        screen.type("q")
        screen.expect("unexplained changes left: 2\n")
        assert screen.end() == 1
    assert (tmp_path / "upgrade.toml").read_text() == PLAN


@pytest.mark.parametrize("key", ["\x04", "\x03"], ids=["the end of input", "an interrupt"])
def test_accepted_changes_remain_if_the_review_ends_early(tmp_path: Path, key: str) -> None:
    reports(tmp_path, cell(ONE, CHANGES))
    with terminal(tmp_path) as screen:
        screen.expect(ASK)
        screen.type("a")
        screen.expect(WHY)
        screen.type("the deployment makes this user")
        screen.expect(ASK)
        screen.press(key)
        screen.expect("unexplained changes left: 1\n")
        assert screen.end() == 1
    assert "users/deploy" in (tmp_path / "upgrade.toml").read_text()


def test_the_review_succeeds_if_all_is_accepted(tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, state(came("users/deploy"))))
    with terminal(tmp_path) as screen:
        screen.expect(ASK)
        screen.type("a")
        screen.expect(WHY)
        screen.type("the deployment makes this user")
        screen.expect("unexplained changes left: 0\n")
        assert screen.end() == 0


@pytest.mark.parametrize(
    ("cells", "words", "where"),
    [
        (
            [cell(ONE, DEPLOYED), cell(ARM, state())],
            (),
            f"[[override.expect.change]] for {ONE}",
        ),
        (
            [cell(ONE, DEPLOYED), cell(ARM, DEPLOYED), cell(TWO, state())],
            (),
            "[[upgrade.expect.change]] of 1-to-2",
        ),
        ([cell(ONE, DEPLOYED), cell(ARM)], (), "[[upgrade.expect.change]] of 1-to-2"),
        (
            [cell(ONE, DEPLOYED), cell(ARM, DEPLOYED)],
            ("--cell", "*-arm64.*"),
            "[[override.expect.change]] for *-arm64.*",
        ),
    ],
    ids=[
        "another platform was upgraded and does not show it",
        "every platform of the upgrade shows it",
        "of the other platform nothing is known",
        "only some cells are reviewed",
    ],
)
def test_the_change_is_accepted_for_the_cells_that_show_it(
    tmp_path: Path, cells: list[Cell], words: tuple[str, ...], where: str
) -> None:
    reports(tmp_path, *cells)
    with terminal(tmp_path, *words) as screen:
        screen.expect(ASK)
        screen.type("a")
        screen.expect(WHY)
        screen.type("the deployment makes this user")
        screen.expect(f"  upgrade.toml: {where}; it explains ")
        screen.expect("unexplained changes left: 0\n")
        screen.end()


def test_a_plan_that_changed_during_the_review_is_not_overwritten(tmp_path: Path) -> None:
    reports(tmp_path, cell(ONE, CHANGES))
    with terminal(tmp_path) as screen:
        screen.expect(ASK)
        (tmp_path / "upgrade.toml").write_text(f"# mine\n{PLAN}")
        screen.type("a")
        screen.expect(WHY)
        screen.type("the deployment makes this user")
        screen.expect("changed since the run, and nothing was written\n")
        screen.expect(ASK)
        screen.type("q")
        assert screen.end() == 1
    assert (tmp_path / "upgrade.toml").read_text() == f"# mine\n{PLAN}"
