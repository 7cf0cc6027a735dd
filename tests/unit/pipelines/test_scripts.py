"""Each job's shell scripts run: in clean folders, with the variables that the server sets."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.unit.pipelines.running import (
    POLICY,
    SUITE,
    Workspace,
    checkout,
    github_steps,
    jenkins_scripts,
)
from tests.unit.plugin.project import Project
from upgradeproof.pipelines import Pipeline, Server, write_pipeline
from upgradeproof.results import Verdict
from upgradeproof.results.reading import read_run

GITLAB = ("bash", "-eo", "pipefail")
JENKINS = ("sh", "-xe")
FAILS = "def test_it(upgraded): assert 'arm64' not in upgraded.cell.id\n"


def new(folder: Path, server: Server, suite: str = SUITE) -> Workspace:
    folder.mkdir()
    space = checkout(folder, suite)
    write_pipeline(folder, server, Pipeline())
    (folder / "reports" / "policy.toml").write_text(POLICY)
    return space


def verdict(space: Workspace) -> Verdict:
    return read_run(space.folder / "reports" / "out" / "run.json").verdict


class GitHub:
    """The jobs of a workflow."""

    def __init__(self, folder: Path, suite: str = SUITE) -> None:
        self.folder, self.suite = folder, suite
        self.results: dict[str, str] = {}

    def job(self, name: str, space: Workspace, **variables: str) -> int:
        """Run a job's scripts; after the first that fails only those with always()."""
        text = (space.folder / ".github/workflows/upgradeproof.yml").read_text()
        status = 0
        for step in github_steps(text)[name]:
            if "run" in step and (status == 0 or "always()" in step.get("if", "")):
                status = space.run(
                    step["run"],
                    GITHUB_OUTPUT=str(space.folder / "github.output"),
                    GITHUB_STEP_SUMMARY=str(space.folder / "github.summary"),
                    **variables,
                )
                assert status in (0, 1), f"{step['name']}: {space.output}"
        worse = self.results.get(name) == "failure" or status
        self.results[name] = "failure" if worse else "success"
        return status

    def new(self, name: str) -> Workspace:
        return new(self.folder / name, Server.GITHUB, self.suite)

    def run(self, *, lose: str = "") -> Workspace:
        """Run plan, shards and sign-off; ``lose``: the shard whose artifact does not arrive."""
        plan = self.new("plan")
        assert self.job("plan", plan) == 0
        name, _, matrix = (plan.folder / "github.output").read_text().partition("=")
        assert name == "matrix"
        end = self.new("end")
        shutil.copy(plan.folder / "shards.json", end.folder)
        (end.folder / "parts").mkdir()
        for each in json.loads(matrix)["include"]:
            number = str(each["shard"])
            shard = self.new(f"shard-{number}")
            shutil.copy(plan.folder / "shards.json", shard.folder)
            self.job("shard", shard, SHARD=number)
            if number != lose:
                shutil.copytree(
                    shard.folder / "parts" / number, end.folder / "parts" / f"part-{number}"
                )
        self.job("sign-off", end)
        return end

    def gate(self, **results: str) -> int:
        every = {
            "PLAN": self.results["plan"],
            "SHARDS": self.results["shard"],
            "SIGN_OFF": self.results["sign-off"],
        }
        return checkout_gate(self.folder).run(gate_script(), **{**every, **results})


def checkout_gate(folder: Path) -> Workspace:
    """Return a folder without a checkout: the gate has none."""
    (folder / "gate").mkdir(exist_ok=True)
    return Workspace(Project(folder / "gate"))


def gate_script() -> str:
    text = dict(Pipeline().texts(Server.GITHUB))[".github/workflows/upgradeproof.yml"]
    (step,) = github_steps(text)["gate"]
    return str(step["run"])


def test_the_jobs_of_github_pass(tmp_path: Path) -> None:
    jobs = GitHub(tmp_path)
    end = jobs.run()
    assert jobs.results == dict.fromkeys(("plan", "shard", "sign-off"), "success"), end.output
    assert verdict(end) is Verdict.PASSED
    assert "GO" in end.output
    assert (end.folder / "github.summary").read_text().startswith("## ✅ Passed")
    assert (end.folder / "calls.log").read_text() == "scan reports/out\n"
    log = (tmp_path / "shard-1" / "calls.log").read_text()
    assert log == "images --shard shards.json:1\n"
    assert jobs.gate() == 0


@pytest.mark.parametrize(
    ("results", "status"),
    [
        ({}, 0),
        ({"SHARDS": "failure"}, 0),
        ({"SHARDS": "skipped"}, 1),
        ({"SHARDS": "cancelled"}, 1),
        ({"PLAN": "failure", "SHARDS": "skipped", "SIGN_OFF": "skipped"}, 1),
        ({"SIGN_OFF": "skipped"}, 1),
        ({"SIGN_OFF": "failure"}, 1),
        ({"SIGN_OFF": ""}, 1),
    ],
)
def test_the_gate_of_github_passes_only_a_signed_off_run(
    tmp_path: Path, results: dict[str, str], status: int
) -> None:
    jobs = GitHub(tmp_path)
    jobs.results = dict.fromkeys(("plan", "shard", "sign-off"), "success")
    assert jobs.gate(**results) == status


def test_github_fails_if_a_part_is_missing(tmp_path: Path) -> None:
    jobs = GitHub(tmp_path)
    end = jobs.run(lose="2")
    assert jobs.results == {"plan": "success", "shard": "success", "sign-off": "failure"}
    assert verdict(end) is Verdict.NEVER_RAN
    assert "shard 2: no part of this shard is there" in end.output
    (line,) = [each for each in end.output.splitlines() if each.startswith("::warning ")]
    assert line.startswith("::warning file=upgrade.toml,line=")
    assert "part is complete" in line.lower()
    assert jobs.gate() == 1


def test_gitlab_runs_and_judges_a_failed_check_at_the_end(tmp_path: Path) -> None:
    plan = new(tmp_path / "plan", Server.GITLAB, FAILS)
    parent = yaml.safe_load((plan.folder / ".gitlab-ci.yml").read_text())
    assert [plan.run(line, GITLAB) for line in parent["plan"]["script"]] == [0, 0], plan.output
    child = yaml.safe_load((plan.folder / "child.yml").read_text())
    assert plan.run(child["expected"]["script"][0], GITLAB) == 0
    end = new(tmp_path / "end", Server.GITLAB)
    shutil.copy(plan.folder / "shards.json", end.folder)
    found = {}
    for name in (name for name in child if name.startswith("upgrade ")):
        shard = new(tmp_path / name, Server.GITLAB, FAILS)
        shutil.copy(plan.folder / "shards.json", shard.folder)
        number = child[name]["variables"]["SHARD"]
        script = "\n".join(child[".upgradeproof-shard"]["script"])
        found[name] = shard.run(script, GITLAB, SHARD=number)
        shutil.copytree(shard.folder / "parts", end.folder / "parts", dirs_exist_ok=True)
    assert found == {"upgrade 1": 0, "upgrade 2": 1}
    fold, *others = [
        end.run(line, GITLAB) for line in child["sign-off"]["script"] if line != "sh ci/setup.sh"
    ]
    assert (fold, others) == (0, [0, 1]), end.output
    assert verdict(end) is Verdict.FAILED


def test_the_stages_of_jenkins_pass(tmp_path: Path) -> None:
    plan = new(tmp_path / "plan", Server.JENKINS)
    scripts = list(jenkins_scripts((plan.folder / "Jenkinsfile").read_text()))
    setup = "sh ci/setup.sh"
    assert [script == setup for script in scripts] == [
        *(True, False),  # plan
        *(False, True, False, False),  # a shard: clean, set up, image, test
        *(False, True, False, False, False),  # clean, set up, fold, scan, decide
    ]
    assert [plan.run(script, JENKINS) for script in scripts[:2]] == [0, 0], plan.output
    lines = (plan.folder / "shards.txt").read_text().splitlines()
    assert lines == ["1 upgradeproof && amd64", "2 upgradeproof && arm64"]
    end = new(tmp_path / "end", Server.JENKINS)
    shutil.copy(plan.folder / "shards.json", end.folder)
    (end.folder / "parts" / "9").mkdir(parents=True)  # of an earlier build
    assert [end.run(script, JENKINS) for script in scripts[6:8]] == [0, 0]
    for number in (line.split()[0] for line in lines):
        shard = new(tmp_path / f"shard-{number}", Server.JENKINS)
        shutil.copy(plan.folder / "shards.json", shard.folder)
        done = [shard.run(script, JENKINS, SHARD=number) for script in scripts[2:6]]
        assert done == [0, 0, 0, 0], shard.output
        shutil.copytree(shard.folder / "parts", end.folder / "parts", dirs_exist_ok=True)
    assert [end.run(script, JENKINS) for script in scripts[8:]] == [0, 0, 0], end.output
    assert verdict(end) is Verdict.PASSED
