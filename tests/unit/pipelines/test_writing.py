"""``upgradeproof ci init``: what is written, and what holds for each pipeline."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.command_line import Command, CommandResult, upgradeproof
from tests.unit.pipelines.running import jenkins_scripts
from upgradeproof import cli
from upgradeproof.pipelines import Pipeline, Server
from upgradeproof.sharding import load_runners

__all__ = ["upgradeproof"]

ROOT = Path(__file__).parents[3]
OURS = Pipeline(setup="make setup", max_minutes=30, tags=("smoke",))
WORKFLOW = ".github/workflows/upgradeproof.yml"
"""Verbs that the scripts call and another change brings."""


@pytest.fixture
def workflow() -> dict[str, Any]:
    text = dict(Pipeline().texts(Server.GITHUB))[WORKFLOW]
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def uses(workflow: dict[str, Any], action: str) -> list[dict[str, Any]]:
    return [
        step
        for job in workflow["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith(f"actions/{action}@")
    ]


@pytest.mark.parametrize("server", Server)
def test_the_pipelines_of_this_project_are_written_by_the_command(server: Server) -> None:
    """To write them again: ``upgradeproof ci init SERVER --setup 'make setup' --tag smoke ...``."""
    for name, text in OURS.texts(server):
        assert (ROOT / name).read_text(encoding="utf-8") == text, name


def test_a_pipeline_is_written_with_what_it_needs(upgradeproof: Command, tmp_path: Path) -> None:
    answer = upgradeproof("ci", "init", "github")
    assert answer == CommandResult(
        0,
        f"wrote {WORKFLOW}\n"
        "wrote ci/github-runners.toml\n"
        "wrote reports/policy.toml\n"
        "wrote ci/setup.sh\n"
        "next: read ci/github-runners.toml and reports/policy.toml, then commit\n",
        "",
    )
    assert upgradeproof("ci", "init", "github") == CommandResult(
        2,
        "",
        f"upgradeproof: {WORKFLOW} already exists, and nothing was written\n"
        "To do: give --force to replace it; ci/setup.sh and reports/policy.toml stay\n",
    )


def test_force_replaces_the_pipeline_and_not_the_project_s_own_files(
    upgradeproof: Command, tmp_path: Path
) -> None:
    upgradeproof("ci", "init", "jenkins")
    for name in ("Jenkinsfile", "ci/setup.sh", "reports/policy.toml"):
        (tmp_path / name).write_text("mine")
    answer = upgradeproof("ci", "init", "jenkins", "--force", "--max-minutes", "20")
    assert answer.out.count("wrote ") == 2
    assert "--max-minutes=20" in (tmp_path / "Jenkinsfile").read_text()
    assert (tmp_path / "ci/setup.sh").read_text() == "mine"
    assert (tmp_path / "reports/policy.toml").read_text() == "mine"


@pytest.mark.parametrize(
    "words", [("--setup", "make; rm"), ("--tag", "a b"), ("--max-minutes", "0")]
)
def test_a_value_that_is_unsafe_in_a_script_is_refused(
    upgradeproof: Command, tmp_path: Path, words: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as found:
        upgradeproof("ci", "init", "github", *words)
    assert found.value.code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("server", Server)
def test_every_file_of_runners_is_valid(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "runners.toml"
    path.write_text(dict(Pipeline().texts(server))[f"ci/{server}-runners.toml"])
    assert {name for each in load_runners(path) for name in each.architectures} == {
        "amd64",
        "arm64",
    }


@pytest.mark.parametrize("server", Server)
def test_every_verb_that_a_script_calls_exists(server: Server) -> None:
    text = "\n".join(text for _, text in Pipeline().texts(server))
    called = set(re.findall(r"^\s*upgradeproof ([a-z-]+)", text, re.MULTILINE))
    assert called == {"shards", "images", "report", "scan", "decide"}
    assert called <= {name for name, _ in cli._verbs()}


def test_actions_are_pinned_by_commit(workflow: dict[str, Any]) -> None:
    every = [s["uses"] for job in workflow["jobs"].values() for s in job["steps"] if "uses" in s]
    assert len(every) == 9
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", each) for each in every)


def test_permissions_are_minimal(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "plan": {"contents": "read"},
        "shard": {"contents": "read"},
        "sign-off": {"contents": "read"},
        "gate": {},
    }
    checkouts = uses(workflow, "checkout")
    assert len(checkouts) == 3
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_failed_shard_does_not_cancel_others(workflow: dict[str, Any]) -> None:
    assert workflow["jobs"]["shard"]["strategy"]["fail-fast"] is False
    text = dict(Pipeline().texts(Server.JENKINS))["Jenkinsfile"]
    assert "branches.failFast = false" in text


def test_the_gate_always_runs_and_needs_every_job(workflow: dict[str, Any]) -> None:
    gate = workflow["jobs"]["gate"]
    assert gate["if"] == "always()"
    assert set(gate["needs"]) == workflow["jobs"].keys() - {"gate"}
    read = {re.sub(r".*needs\.([\w-]+)\.result.*", r"\1", word) for word in gate["env"].values()}
    assert read == set(gate["needs"])


def test_artifacts_have_unique_names(workflow: dict[str, Any]) -> None:
    uploads = uses(workflow, "upload-artifact")
    assert [step["with"]["name"] for step in uploads] == [
        "shards",
        "part-${{ matrix.shard }}",
        "upgrade-matrix",
    ]
    assert all(step["with"]["overwrite"] is True for step in uploads), "a re-run is no double"


def test_jenkins_has_three_stages_and_publishes_the_reports() -> None:
    text = dict(Pipeline().texts(Server.JENKINS))["Jenkinsfile"]
    stages = [text.index(f"stage({name}") for name in ('"Build image', '"Functional test')]
    stages.append(text.index("stage('Security scan')"))
    assert stages == sorted(stages)
    for step in ("parallel branches", 'stash name: "part-', 'unstash "part-', "junit "):
        assert step in text
    for step in ("recordIssues tools: [sarif(", "publishHTML target"):
        assert step in text
    assert len(list(jenkins_scripts(text))) == 11


def test_every_job_has_a_time_limit(workflow: dict[str, Any]) -> None:
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    files = dict(Pipeline().texts(Server.GITLAB))
    child = yaml.safe_load(files["ci/gitlab-child.yml"])
    jobs = [child[name] for name in ("expected", ".upgradeproof-shard", "sign-off")]
    assert all("timeout" in job for job in [*jobs, yaml.safe_load(files[".gitlab-ci.yml"])["plan"]])
