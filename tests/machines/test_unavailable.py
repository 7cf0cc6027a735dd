"""An engine, an image or an archive is unavailable: it is reported, and no check passes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.machines import ticker
from tests.machines.projects import ROOT, Project
from upgradeproof.errors import EnvironmentFailedError
from upgradeproof.imaging import Images
from upgradeproof.machines import MachineSpec
from upgradeproof.machines.docker import BACKEND
from upgradeproof.plan import Platform
from upgradeproof.plan.steps import Script, step_kinds
from upgradeproof.results import Verdict
from upgradeproof.runner.executor import StepExecutor
from upgradeproof.runner.recorder import Recorder

UNREACHABLE = "http://127.0.0.1:9"
NOWHERE = "unix:///nonexistent/docker.sock"


@pytest.fixture
def two(project: Project) -> Project:
    """A project with one cell that can run here, and one whose image is unavailable."""
    ubuntu = (ROOT / "images" / "ubuntu-24.04.toml").read_text(encoding="utf-8")
    unreachable = ubuntu.replace("[bootstrap]", f'[bootstrap]\narchive = "{UNREACHABLE}/ubuntu"')
    project.write("images/ubuntu-24.04.toml", unreachable)
    plan = ticker.plan(project.token, {"good": ticker.run(ticker.GOOD)})
    platforms = '["debian-12-amd64.container", "ubuntu-24.04-amd64.container"]'
    project.write("upgrade.toml", plan.replace('["debian-12-amd64.container"]', platforms))
    project.write("test_ticker.py", ticker.SUITE)
    return project


def test_the_cells_of_an_unavailable_image_never_run(two: Project) -> None:
    ended = two.pytest()
    assert ended.exit_status == 1
    debian, ubuntu = two.result().cells
    assert (debian.verdict, ubuntu.verdict) == (Verdict.PASSED, Verdict.NEVER_RAN)
    assert {check.verdict for check in ubuntu.checks} == {Verdict.NEVER_RAN}
    first, registry, bootstrap, *_, advice = ubuntu.checks[0].reason.splitlines()
    assert (first, registry) == (
        "there is no image for ubuntu-24.04-amd64",
        "- registry: no digest is pinned for amd64",
    )
    assert bootstrap.startswith("- bootstrap: ")
    assert advice.startswith("To do: ")
    assert "Traceback" not in ended.output


def test_what_was_deselected_does_not_count(two: Project) -> None:
    ended = two.pytest("-k", "debian-12")
    assert ended.exit_status == 0, ended.output
    run = two.result()
    assert run.verdict is Verdict.PASSED
    assert [(cell.selected, cell.reason) for cell in run.cells] == [
        (True, ""),
        (False, "deselected"),
    ]


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "with-workers"])
def test_without_an_engine_no_cell_runs_and_one_reason_is_given(
    two: Project, words: tuple[str, ...]
) -> None:
    two.environment["DOCKER_HOST"] = NOWHERE
    ended = two.pytest(*words)
    assert ended.exit_status == 1
    run = two.result()
    assert run.verdict is Verdict.NEVER_RAN
    reasons = [check.reason for cell in run.cells for check in cell.checks]
    advice = "To do: `make setup` starts one; or set DOCKER_HOST to an engine that runs"
    assert set(reasons) == {f"no Docker engine answers\n{advice}"}
    assert {check.verdict for cell in run.cells for check in cell.checks} == {Verdict.NEVER_RAN}
    assert "Traceback" not in ended.output
    assert "INTERNALERROR" not in ended.output


def test_the_doctor_reports_that_there_is_no_engine(two: Project) -> None:
    two.environment["DOCKER_HOST"] = NOWHERE
    done = two.upgradeproof("doctor")
    assert done.exit_status == 0, "VMs work here"
    assert re.search(r"works +backend vm +QEMU", done.output)
    assert re.search(r"can't +backend container +no Docker engine answers", done.output)
    assert "Traceback" not in done.output


def test_prune_reports_that_the_engine_does_not_answer(two: Project) -> None:
    two.environment["DOCKER_HOST"] = NOWHERE
    done = two.upgradeproof("prune")
    assert done.exit_status == 0, "VMs could be asked"
    container, vm = done.output.splitlines()
    assert container == "container: nothing removed, no Docker engine answers"
    assert re.fullmatch(r"vm: \d+ removed", vm)


@pytest.mark.parametrize("release", ["debian-11", "debian-12"])
@pytest.mark.parametrize("step", ["apt-install", "apt-sources"])
def test_an_archive_that_does_not_answer_breaks_the_state_and_blames_no_product(
    every_image: Images, token: str, release: str, step: str, tmp_path: Path
) -> None:
    recorder = Recorder("cell", tmp_path, lambda _: None)
    platform = Platform(image=release, architecture="amd64", machine="container")
    spec = MachineSpec(
        snapshot=every_image.ensure(platform),
        name=f"upgradeproof-{token}-{release}-{step}",
        architecture="amd64",
    )
    keys = {"packages": ["tree"]} if step == "apt-install" else {"old": "old", "new": "new"}
    actions = step_kinds()[step].model_validate({"step": step, **keys}).actions(Path())
    (lists,) = (a for a in actions if isinstance(a, Script) and a.environment)
    with BACKEND.start(spec) as machine:
        machine.put(f"deb {UNREACHABLE}/debian old main\n".encode(), "/etc/apt/sources.list")
        machine.run("echo 'Acquire::Retries \"0\";' >/etc/apt/apt.conf.d/99retries")
        with pytest.raises(EnvironmentFailedError) as failed:
            StepExecutor(recorder, "installed").script(machine, lists)
    assert failed.value.brief == (
        "could not fetch the package lists (exit status 100): nothing is known of the product"
    )
    assert "Could not connect to 127.0.0.1:9" in failed.value.details
    assert Verdict.of(failed.value) is Verdict.BROKEN
