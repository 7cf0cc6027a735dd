"""Write the files of a pipeline."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import assert_never

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from upgradeproof.errors import PlanError
from upgradeproof.files import write_result

TEMPLATES = Path(__file__).parent / "templates"
ACTIONS: Mapping[str, str] = {
    "checkout": "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2",
    "upload": "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2",
    "download": "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0",
}
"""GitHub's actions, pinned by commit."""
OWN_SETUP = "sh ci/setup.sh"
"""The command that sets a runner up, where no other is named: a script that goes with it."""
PATIENCE = 3
"""How many times longer than estimated a shard may take: a timeout ends a hang, not a slow day."""


class Server(StrEnum):
    """The CI servers that a pipeline can be written for."""

    GITHUB = "github"
    GITLAB = "gitlab"
    JENKINS = "jenkins"

    @property
    def files(self) -> Mapping[str, str]:
        """Return what is written, and the template of each."""
        match self:
            case Server.GITHUB:
                return {
                    ".github/workflows/upgradeproof.yml": "github.yml",
                    "ci/github-runners.toml": "runners-github.toml",
                }
            case Server.GITLAB:
                return {
                    ".gitlab-ci.yml": "gitlab.yml",
                    "ci/gitlab-child.yml": "gitlab-child.yml",
                    "ci/gitlab-runners.toml": "runners.toml",
                }
            case Server.JENKINS:
                return {"Jenkinsfile": "Jenkinsfile", "ci/jenkins-runners.toml": "runners.toml"}
            case never:
                assert_never(never)

    @property
    def output(self) -> str:
        """Return the file in which the server's list of shards is."""
        match self:
            case Server.GITHUB:
                return "matrix.json"
            case Server.GITLAB:
                return "jobs.yml"
            case Server.JENKINS:
                return "shards.txt"
            case never:
                assert_never(never)

    @property
    def formats(self) -> tuple[str, ...]:
        """Return the reports that only this server uses."""
        match self:
            case Server.GITHUB:
                return ("github",)
            case Server.GITLAB:
                return ()
            case Server.JENKINS:
                return ("sarif", "static")
            case never:
                assert_never(never)


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """What a project decides about its pipeline."""

    setup: str = OWN_SETUP
    max_minutes: int = 45
    """How long a shard may take, as estimated."""
    tags: Sequence[str] = ()
    """Only cells with these tags."""

    def texts(self, server: Server) -> Iterator[tuple[str, str]]:
        """Yield the path and the text of every file, in the order in which they are listed."""
        for target, template in server.files.items():
            yield target, _render(template, self._values(server))

    def _values(self, server: Server) -> dict[str, object]:
        words = [f"--max-minutes={self.max_minutes}", *(f"--tag={tag}" for tag in self.tags)]
        values: dict[str, object] = {
            **ACTIONS,
            "server": server.value,
            "output": server.output,
            "words": shlex.join(words),
            "setup": self.setup,
            "timeout_minutes": PATIENCE * self.max_minutes,
            "more_reports": _more_reports(server.formats),
        }
        scripts = {
            path.stem: _render(f"scripts/{path.name}", values).rstrip("\n")
            for path in sorted((TEMPLATES / "scripts").glob("*.sh"))
        }
        return {**values, "scripts": scripts}


def write_pipeline(
    folder: Path, server: Server, pipeline: Pipeline, *, replace: bool = False
) -> list[Path]:
    """Write a server's files and return their paths.

    Next to them come a set-up script and a policy, where the project has none: these are the
    project's own, and are never replaced. Raises PlanError, and writes nothing, where a file is
    there and ``replace`` is not given.
    """
    texts = dict(pipeline.texts(server))
    there = [name for name in texts if (folder / name).exists()]
    if there and not replace:
        raise PlanError(
            f"{there[0]} already exists, and nothing was written",
            resolution="give --force to replace it; ci/setup.sh and reports/policy.toml stay",
        )
    own = {"reports/policy.toml": "policy.toml"}
    if pipeline.setup == OWN_SETUP:
        own["ci/setup.sh"] = "setup.sh"
    for name, template in own.items():
        if not (folder / name).exists():
            texts[name] = (TEMPLATES / template).read_text(encoding="utf-8")
    return [write_result(folder / name, text) for name, text in texts.items()]


def _more_reports(formats: Sequence[str]) -> str:
    """Return the lines of a script that write these reports of the folded run, too."""
    if not formats:
        return ""
    words = " ".join(f"--format {name}" for name in formats)
    return f"\nupgradeproof report reports/out {words} || [ $? -eq 1 ]"


@cache
def _environment() -> Environment:
    """Return the environment of the templates; marks are << and >>: servers have {{ and }}."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # YAML, Groovy and shell: no HTML
    )


def _render(template: str, values: Mapping[str, object]) -> str:
    return _environment().get_template(template).render(values)
