"""`upgradeproof init` on a real package: the plan that it writes is valid, and pytest runs it."""

from __future__ import annotations

import shutil
import signal
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.machines.projects import ROOT, Project, states_of
from upgradeproof.machines import engine
from upgradeproof.plan import Plan, load_plan
from upgradeproof.plan.steps.apt import AptFullUpgrade, AptSources

TIMEOUT_S = 900.0
"""A distribution upgrade on a loaded machine."""
WORDS = ("lighttpd", "--from", "debian-12", "--to", "debian-13")
SUITE = """
import pytest


@pytest.mark.subject("service")
def test_service_runs(upgraded, service):
    assert upgraded.unit(service)


@pytest.mark.subject("package")
def test_package_is_of_the_new_release(upgraded, package):
    assert package


@pytest.mark.subject("endpoint")
def test_endpoint_answers(upgraded, endpoint):
    answer = upgraded.ask(endpoint)
    assert answer.fits(endpoint), answer
"""


def patiently(project: Project, program: str, *words: str) -> tuple[int, str]:
    """Run a program until it ends, which may take minutes."""
    with project.started(program, *words) as process:
        output, _ = process.communicate(timeout=TIMEOUT_S)
        return process.returncode, output


@pytest.fixture(scope="module")
def observed(new_project: Callable[[str], Project]) -> Project:
    """Return a project with the plan of a package that was observed."""
    project = new_project("observed")
    shutil.copy(ROOT / "images" / "debian-13.toml", project.folder / "images")
    status, output = patiently(project, "upgradeproof", "init", *WORDS, "--name", project.token)
    assert status == 0, output
    path = plan_path(project)
    assert output.endswith(
        f"wrote {path}\nnext: read it, then `upgradeproof plan`, then `pytest`\n"
    )
    return project


def plan_path(project: Project) -> Path:
    return project.folder / "products" / project.token / "upgrade.toml"


@pytest.fixture(scope="module")
def plan(observed: Project) -> Plan:
    return load_plan(plan_path(observed))


def test_the_releases_differ_in_the_system_and_the_package(plan: Plan) -> None:
    old, new = plan.release
    assert (old.name, new.name) == ("12", "13")
    assert list(old.packages) == list(new.packages) == ["base-files", "lighttpd"]
    assert (old.packages["base-files"], new.packages["base-files"]) == ("12.*", "13.*")
    assert old.packages["lighttpd"] != new.packages["lighttpd"]


def test_the_upgrade_is_that_of_the_distribution(plan: Plan) -> None:
    (upgrade,) = plan.upgrade
    sources, full, restart = upgrade.steps
    assert sources == AptSources(old="bookworm", new="trixie")
    assert full == AptFullUpgrade()
    assert "try-restart lighttpd.service" in restart.model_dump()["script"]


def test_what_the_package_brings_is_expected(plan: Plan) -> None:
    assert plan.expect.services == ("lighttpd",)
    assert [(p.port, p.protocol, p.process) for p in plan.expect.port] == [(80, "tcp", "lighttpd")]
    (endpoint,) = plan.expect.endpoint
    assert (endpoint.id, endpoint.kind, endpoint.port) == ("lighttpd", "http", 80)
    found = {config.path: config for config in plan.expect.config}
    main = found["/etc/lighttpd/lighttpd.conf"]
    assert (main.format, main.change) == ("text", "migrated")
    assert main.check == "lighttpd -tt -f /etc/lighttpd/lighttpd.conf"


def test_each_part_has_a_comment_on_its_origin(observed: Project) -> None:
    text = plan_path(observed).read_text(encoding="utf-8")
    assert tomllib.loads(text)["name"] == observed.token
    assert '  "lighttpd",  # active after a boot: enabled, of lighttpd\n' in text
    assert "# 0.0.0.0, [::]: /usr/sbin/lighttpd of lighttpd.service\n[[expect.port]]\n" in text


def test_a_second_init_overwrites_nothing(observed: Project) -> None:
    before, folder = plan_path(observed).read_bytes(), plan_path(observed).parent
    ended = observed.upgradeproof("init", *WORDS, "--name", observed.token)
    assert (ended.exit_status, ended.output) == (
        2,
        (
            f"upgradeproof: {folder} already exists, and nothing was written\n"
            "To do: remove it, or choose another name\n"
        ),
    )
    assert plan_path(observed).read_bytes() == before


def test_no_machine_of_the_observation_is_left(observed: Project) -> None:
    running = engine.LOCAL.client().containers.list(all=True, ignore_removed=True)
    machine = f"{observed.token}-observed"  # machines of other tests have the token, too
    assert [each.name for each in running if machine in str(each.name)] == []


def test_an_interrupted_init_leaves_nothing(observed: Project) -> None:
    words = ("init", *WORDS, "--name", "interrupted")
    with observed.started("upgradeproof", *words) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.endswith("] fetch the package lists\n"):
                process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_S) == 130
    names = [path.name for path in (observed.folder / "products").iterdir()]
    assert names == [observed.token]
    running = engine.LOCAL.client().containers.list(all=True, ignore_removed=True)
    assert [each.name for each in running if "interrupted-observed" in str(each.name)] == []


def test_the_plan_is_printed_and_pytest_runs_it(observed: Project) -> None:
    printed = observed.upgradeproof("plan")
    assert printed.exit_status == 0
    assert printed.output.startswith(f"debian-12-amd64.container.{observed.token}-12-to-13  [")
    observed.write("test_own.py", SUITE)
    status, output = patiently(observed, "pytest", "-q")
    assert status == 0, output
    assert len(observed.result().cells[0].checks) == 4
    steps = [step.title for step in states_of(observed.result())[0].steps]
    assert steps == ["fetch the package lists", "install lighttpd"]


def test_an_unknown_package_is_one_error(observed: Project) -> None:
    status, output = patiently(
        observed, "upgradeproof", "init", "lighttdp", "--from", "debian-12", "--to", "debian-13"
    )
    assert status == 2
    assert output.splitlines()[-1] == (
        "upgradeproof: debian-12 has no package 'lighttdp'; did you mean 'lighttpd'?"
    )
    assert not (observed.folder / "products" / "lighttdp").exists()
