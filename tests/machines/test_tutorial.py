"""The tutorial is correct: its files are written and its commands run, in their order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.environments import ROOT, build_wheel, make_environment
from tests.machines.projects import forget_states
from upgradeproof.results import Run
from upgradeproof.results.reading import read_run

TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(
    r"(?P<text>.*?)^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE
)
FILE = re.compile(r"(?P<how>Write|Replace|at the end of)\s+`(?P<name>[\w.-]+)`")
VERDICT = re.compile(
    r"^(passed|failed) +(\S+)  \((?:\d+ of )?\d+ checks?( selected)?\)$", re.MULTILINE
)
CHECKS = re.compile(r"^(?:passed|failed) +(\S+)  \((?:\d+ of )?(\d+) check", re.MULTILINE)
LEFT = re.compile(r"^unexplained changes left: [1-9]\d*$", re.MULTILINE)
CELLS = ("cron-12-to-13", "lighttpd-12-to-13", "bash-completion-12-to-13", "greeter-1.0-to-1.1")
TIMEOUT_S = 900.0


@dataclass(frozen=True)
class Command:
    """A command of the tutorial, and the output that the tutorial shows for it."""

    words: str
    prints: str

    @property
    def verdicts(self) -> list[tuple[str, ...]]:
        """Return the verdict of each cell, and whether only some checks were selected."""
        return VERDICT.findall(self.prints)


def steps() -> Iterator[tuple[str, str, str] | Command]:
    """Yield the steps from the second section on: the first one needs a registry."""
    text = TUTORIAL.read_text(encoding="utf-8").partition("\n## 2. ")[2]
    for block in BLOCK.finditer(text):
        named = list(FILE.finditer(block["text"]))
        if block["language"] != "console":
            assert named, block["code"]
            yield named[-1]["how"], named[-1]["name"], block["code"]
            continue
        for part in re.split(r"^\$ ", block["code"], flags=re.MULTILINE)[1:]:
            words, _, prints = part.partition("\n")
            if "is not a valid plan" not in prints:  # the output for a mistake
                yield Command(words, prints)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, debian_image: str) -> Iterator[Path]:
    """Return the reader's folder, with the wheel in its ``.venv``."""
    assert debian_image
    folder = tmp_path_factory.mktemp("greeter")
    programs = make_environment(folder / ".venv")
    wheel = build_wheel(tmp_path_factory.mktemp("wheel"))
    argv = [sys.executable, "-m", "pip", "--python", str(programs / "python")]
    subprocess.run([*argv, "install", "--no-index", "--no-deps", str(wheel)], check=True)
    yield folder
    for cell in CELLS:
        forget_states(cell)


def do(command: Command, folder: Path, states: Path) -> str:
    """Run a command as in the activated environment, and return what it printed."""
    done = subprocess.run(
        ["bash", "-c", command.words],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{folder}/.venv/bin:{os.environ['PATH']}",
            "VIRTUAL_ENV": f"{folder}/.venv",
            "PYTHONPATH": "",
            "PYTEST_ADDOPTS": "",
            "UPGRADEPROOF_CACHE": str(states),
            "TMPDIR": str(states),
            "UPGRADEPROOF_STATES_MAX_GB": "inf",
            "UPGRADEPROOF_STATES_MAX_AGE_DAYS": "inf",
        },
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT_S,
    )
    failed = any(verdict == "failed" for verdict, *_ in command.verdicts) or LEFT.search(
        command.prints
    )
    assert done.returncode == int(bool(failed)), f"{command.words}\n{done.stdout}"
    return done.stdout


def write(how: str, path: Path, text: str) -> None:
    before = path.read_text(encoding="utf-8") if how == "at the end of" else ""
    path.write_text(f"{before}\n{text}" if before else text, encoding="utf-8")


def whole(run: Run) -> bool:
    """Return whether every check that the plan and the suites declare was selected."""
    return all(len(cell.checks) == cell.checks_declared > 15 for cell in run.cells)


def shown(printed: str, real: str) -> list[str]:
    """Return the cells of which the tutorial shows a number of checks that is 10 % off or more."""
    counts = dict(CHECKS.findall(real))
    return [
        f"{cell}: {number} in the tutorial, {counts[cell]} checks in fact"
        for cell, number in CHECKS.findall(printed)
        if abs(int(number) - int(counts[cell])) > int(counts[cell]) / 10
    ]


def test_the_tutorial_works_as_written(folder: Path, tmp_path: Path) -> None:
    reached = []
    for step in steps():
        if not isinstance(step, Command):
            how, name, text = step
            write(how, folder / name, text)
            continue
        printed = do(step, folder, tmp_path)
        assert shown(step.prints, printed) == []
        if step.words.startswith("upgradeproof try"):
            assert VERDICT.findall(printed) == step.verdicts, printed
            assert [path.name for path in folder.iterdir()] == [".venv"]
        if step.words.startswith(("upgradeproof review", "upgradeproof accept")):
            assert all(line in printed for line in step.prints.splitlines() if line != "...")
        if step.words.startswith("pytest"):
            assert VERDICT.findall(printed) == step.verdicts, printed
            run = read_run(folder / "reports" / "out" / "run.json")
            assert whole(run) is ("-k" not in step.words)
            reached += [verdict for verdict, *_ in step.verdicts]
    assert reached == ["passed", "failed", "passed", "passed", "passed"]
