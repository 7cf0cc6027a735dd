"""One complete cell, as a user runs it: pytest in a folder with a plan and a suite."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.machines import ticker
from tests.machines.projects import Ended, Project, check_of, states_of
from upgradeproof.machines import engine
from upgradeproof.results import Cell, Run, Verdict

SERVE = """
cat >/opt/serve <<'PERL'
use Socket; socket(S,AF_INET,SOCK_STREAM,0); setsockopt(S,SOL_SOCKET,SO_REUSEADDR,1);
bind(S,sockaddr_in($ARGV[0],INADDR_ANY)); listen(S,5);
while(accept(C,S)) { sysread C,$_,9999; print C "HTTP/1.0 200 OK\\r\\n\\r\\non $ARGV[0]"; close C }
PERL
printf '%s\\n' '[Service]' 'ExecStart=perl /opt/serve 8000' '[Install]' \\
  'WantedBy=multi-user.target' >/etc/systemd/system/serve.service
systemctl daemon-reload; systemctl enable -q --now serve
"""
MOVE = "sed -i s/8000/8001/ /etc/systemd/system/serve.service; systemctl daemon-reload\n"
EXPECT = """
[[expect.port]]
port = 8000
process = "perl"
change = "moved"
to = 8001
[[expect.endpoint]]
id = "web"
kind = "http"
port = 8000
contains = "on 800"
[[expect.data]]
id = "note"
write = "echo before >/srv/note"
read = "cat /srv/note"
equals = "before"
"""
SUITE = """
import pytest
from upgradeproof.probes.packages import Packages


def test_the_facts_are_1_and_2(installed, upgraded):
    found = [state[Packages]["ticker"].version for state in (installed, upgraded)]
    assert found == ["1", "2"]


@pytest.mark.destructive
def test_it_may_be_broken(upgraded):
    assert upgraded.machine.name.rpartition("-")[0].endswith("-upgraded-clone")
    assert upgraded.host.run("systemctl stop ticker && rm -r /usr/lib/ticker").succeeded


def test_the_shared_machine_is_whole(upgraded):
    assert upgraded.host.service("ticker").is_running
    assert upgraded.host.file("/usr/lib/ticker/ticker").exists


def test_both_releases_run_side_by_side(installed, upgraded):
    found = [state.host.package("ticker").version for state in (installed, upgraded)]
    assert found == ["1", "2"]


@pytest.mark.subject("endpoint")
def test_each_release_answers_on_its_port(installed, upgraded, endpoint):
    assert [state.ask(endpoint).body for state in (installed, upgraded)] == ["on 8000", "on 8001"]


@pytest.mark.subject("data")
def test_data_is_preserved(upgraded, data):
    assert upgraded.read(data) == "before"


@pytest.mark.own_kernel
def test_of_the_kernel(upgraded):
    raise AssertionError("a container can't prove it")
"""
VERDICTS = {
    "test_the_facts_are_1_and_2": Verdict.PASSED,
    "test_it_may_be_broken": Verdict.PASSED,
    "test_the_shared_machine_is_whole": Verdict.PASSED,
    "test_both_releases_run_side_by_side": Verdict.PASSED,
    "test_each_release_answers_on_its_port[web]": Verdict.PASSED,
    "test_data_is_preserved[note]": Verdict.PASSED,
    "test_of_the_kernel": Verdict.NOT_APPLICABLE,
}


@pytest.fixture(scope="module")
def project(new_project: Callable[[str], Project]) -> Project:
    project = new_project("cell")
    upgrade = ticker.run(f"{MOVE}{ticker.GOOD}; systemctl restart serve", 'title = "upgrade"')
    plan = ticker.plan(project.token, {"2": upgrade}, install=SERVE)
    project.write("upgrade.toml", plan + EXPECT)
    project.write("test_ticker.py", SUITE)
    project.write("pytest.ini", "[pytest]\nupgradeproof_junit = true\nupgradeproof_html = true\n")
    return project


@pytest.fixture(scope="module")
def ended(project: Project) -> Ended:
    ended = project.pytest("-ra")
    assert ended.exit_status == 0, ended.output
    return ended


@pytest.fixture(scope="module")
def run(project: Project, ended: Ended) -> Run:
    return project.result()


@pytest.fixture(scope="module")
def cell(run: Run) -> Cell:
    (cell,) = run.cells
    return cell


def started_by(run: Run, since: float) -> list[str]:
    """Return the names of the containers that a run has created, from the engine's own log."""
    events: Any = engine.LOCAL.client().events(
        since=int(since),
        until=int(time.time()) + 1,
        filters={"event": "create", "label": f"upgradeproof.run={run.run_id}"},
        decode=True,
    )
    return [event["Actor"]["Attributes"]["name"] for event in events]


def test_every_check_has_its_verdict(run: Run, cell: Cell, project: Project) -> None:
    assert {check.id: check.verdict for check in cell.checks} == {
        f"test_ticker::{name}": verdict for name, verdict in VERDICTS.items()
    }
    assert (run.verdict, run.finished_at is not None) == (Verdict.PASSED, True)
    assert cell.id == f"debian-12-amd64.container.{project.token}-1-to-2"


def test_what_a_container_cannot_prove_is_reported(cell: Cell) -> None:
    assert check_of(cell, "test_of_the_kernel").reason == (
        "the machine shares its host's kernel: only a VM can prove this"
    )
    assert str(cell.fidelity) == "shared kernel, native"


def test_the_states_have_their_times_and_steps(run: Run) -> None:
    installed, upgraded = states_of(run)
    assert [step.title for step in installed.steps] == [
        "install ticker",
        "write note through the service",
    ]
    assert [step.title for step in upgraded.steps] == ["upgrade"]
    for state in (installed, upgraded):
        assert (state.verdict, state.reused) == (Verdict.PASSED, False)
        assert all(step.exit_status == 0 for step in state.steps)
        assert (state.duration_s or 0) >= sum(step.duration_s or 0 for step in state.steps) > 0
    changed = {change.path: (change.before, change.after) for change in upgraded.changes}
    assert changed["packages/ticker/version"] == ("1", "2")


def test_the_evidence_is_there(project: Project, run: Run) -> None:
    transcript = states_of(run)[1].steps[0].transcript
    lines = (project.reports / transcript).read_text(encoding="utf-8").splitlines()
    assert all(re.match(r"\[ *\d+\.\d{3}\] ", line) for line in lines)
    assert any(line.endswith("] Unpacking ticker (2) over (1) ...") for line in lines)
    for state in states_of(run):
        assert "ticker" in json.loads((project.reports / state.facts).read_bytes())["packages"]


def test_the_reports_are_there(project: Project, ended: Ended, cell: Cell) -> None:
    assert cell.id in (project.reports / "index.html").read_text(encoding="utf-8")
    junit = ElementTree.parse(project.reports / "junit.xml")
    found = [
        {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
        for case in junit.iter("testcase")
    ]
    assert [properties["verdict"] for properties in found] == list(VERDICTS.values())
    assert {properties["cell"] for properties in found} == {cell.id}
    assert found[0]["state"] == "installed upgraded"
    assert cell.id in (project.reports / "pytest.html").read_text(encoding="utf-8")
    assert f"passed          {cell.id}  (7 checks)" in ended.output
    assert f"matrix: {project.reports / 'index.html'}" in ended.output


def test_no_container_is_left(project: Project, ended: Ended) -> None:
    assert ended.exit_status == 0
    assert project.containers() == []


def test_a_check_of_facts_on_cached_states_starts_no_machine(project: Project, run: Run) -> None:
    began = time.time()
    again = project.pytest("-k", "facts_are")
    assert again.exit_status == 0, again.output
    reused = states_of(project.result())
    assert [state.reused for state in reused] == [True, True]
    assert [state.steps for state in reused] == [state.steps for state in states_of(run)]
    assert (project.reports / reused[1].steps[0].transcript).is_file()
    assert started_by(project.result(), began) == []


@pytest.mark.usefixtures("ended")
def test_a_check_of_machines_on_cached_states_starts_only_those(project: Project) -> None:
    began = time.time()
    again = project.pytest("-k", "side_by_side")
    assert again.exit_status == 0, again.output
    found = [name.rsplit("-", 2)[1] for name in started_by(project.result(), began)]
    assert found == ["installed", "upgraded"]


def test_a_fresh_run_rebuilds_every_state(project: Project, run: Run) -> None:
    began = time.time()
    again = project.pytest("-k", "facts_are", "--upgradeproof-fresh")
    assert again.exit_status == 0, again.output
    fresh = states_of(project.result())
    assert [state.reused for state in fresh] == [False, False]
    first, then = ([state.key for state in states] for states in (states_of(run), fresh))
    assert first[0] == then[0]
    assert first[1] != then[1], (
        "a state that is based on another build of `installed` is another state"
    )
    assert len(started_by(project.result(), began)) == 1
