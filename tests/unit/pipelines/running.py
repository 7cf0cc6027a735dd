"""A project in which the shell scripts of a pipeline run, as on a CI server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.forked import offered, program
from tests.unit.plugin.project import Project, make_project
from upgradeproof.cli import main

SUITE = "def test_it(upgraded): pass\n"
POLICY = 'broken = "no_go"\n[[cells]]\nselect = ["*"]\n'


@dataclass(frozen=True)
class Workspace:
    """The working folder of a job: it contains only a checkout and its .venv."""

    project: Project

    @property
    def folder(self) -> Path:
        return self.project.folder

    def run(self, script: str, shell: tuple[str, ...] = ("bash", "-e"), /, **variables: str) -> int:
        """Run a script as the server would, and return its exit status."""
        with offered(self.project.server, timeout_s=self.project.timeout_s) as address:
            done = subprocess.run(
                [*shell, "-c", script],
                cwd=self.folder,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.folder),
                    "CI": "true",
                    **self.project.environment,
                    **address,
                    **variables,
                },
                check=False,
                capture_output=True,
                text=True,
            )
        with (self.folder / "output.log").open("a") as log:
            log.write(done.stdout + done.stderr)
        return done.returncode

    @property
    def output(self) -> str:
        return (self.folder / "output.log").read_text()


def checkout(folder: Path, suite: str = SUITE) -> Workspace:
    """Return a fresh checkout whose machines are folders."""
    project = make_project(folder).write(test_it=suite)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    program(programs / "upgradeproof", f"{__name__}:upgradeproof")
    program(programs / "pytest", "pytest:console_main")
    return Workspace(project)


def upgradeproof() -> int:
    """Be the command of a job, in a process of its own.

    Two verbs only record that they were called: one starts machines, the other needs a real one's
    facts.
    """
    if sys.argv[1] in ("images", "scan"):
        with Path("calls.log").open("a") as calls:
            calls.write(" ".join(sys.argv[1:]) + "\n")
        return 0
    return main()


def github_steps(text: str) -> dict[str, list[dict[str, Any]]]:
    """Return the steps of each job of a workflow."""
    return {name: job["steps"] for name, job in yaml.safe_load(text)["jobs"].items()}


def jenkins_scripts(text: str) -> Iterator[str]:
    """Yield the shell scripts of a Jenkinsfile in their order."""
    for long, short in re.findall(r"\bsh (?:'''(.*?)'''|'([^'\n]+)')", text, re.DOTALL):
        yield textwrap.dedent(long).strip() or short
