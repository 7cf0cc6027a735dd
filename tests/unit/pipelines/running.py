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

from tests.unit.plugin.project import Project, make_project

SUITE = "def test_it(upgraded): pass\n"
POLICY = 'broken = "no_go"\n[[cells]]\nselect = ["*"]\n'
REPLACED = """#!{python}
import sys
from upgradeproof.cli import main
verb = sys.argv[1]
if verb in ("images", "scan"):  # the first starts machines; the second needs a real one's facts
    open("calls.log", "a").write(" ".join(sys.argv[1:]) + "\\n")
    sys.exit(0)
sys.exit(main())
"""
PYTEST = """#!{python}
import sys
from pytest import console_main
sys.exit(console_main())
"""


@dataclass(frozen=True)
class Workspace:
    """The working folder of a job: it contains only a checkout and its .venv."""

    project: Project

    @property
    def folder(self) -> Path:
        return self.project.folder

    def run(self, script: str, shell: tuple[str, ...] = ("bash", "-e"), /, **variables: str) -> int:
        """Run a script as the server would, and return its exit status."""
        done = subprocess.run(
            [*shell, "-c", script],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "CI": "true",
                **self.project.environment,
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
    for name, text in (("upgradeproof", REPLACED), ("pytest", PYTEST)):
        (programs / name).write_text(text.format(python=sys.executable))
        (programs / name).chmod(0o755)
    return Workspace(project)


def github_steps(text: str) -> dict[str, list[dict[str, Any]]]:
    """Return the steps of each job of a workflow."""
    return {name: job["steps"] for name, job in yaml.safe_load(text)["jobs"].items()}


def jenkins_scripts(text: str) -> Iterator[str]:
    """Yield the shell scripts of a Jenkinsfile in their order."""
    for long, short in re.findall(r"\bsh (?:'''(.*?)'''|'([^'\n]+)')", text, re.DOTALL):
        yield textwrap.dedent(long).strip() or short
