"""A project whose machines, images, steps, facts, findings and reports are all its own extensions.

Nothing of the engine is touched, and there is no conftest.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.command_line import Command, upgradeproof
from tests.unit.extensions.conftest import write
from tests.unit.extensions.examples import CHECK, EXAMPLES, PROBE, STEP
from tests.unit.plugin.project import IMAGE, INI, PLAN, Project
from tests.unit.preflight.situations import situation
from upgradeproof.errors import HarnessError
from upgradeproof.extensions import open_project
from upgradeproof.home import Home
from upgradeproof.plan.steps import Publish
from upgradeproof.preflight import examine
from upgradeproof.probes import every_probe
from upgradeproof.results import Verdict
from upgradeproof.runner.keys import key
from upgradeproof.runner.sections import section_key

__all__ = ["upgradeproof"]
CELL = "example-1-amd64.shed.thing-1-to-2"
PAINTED = PLAN.replace(
    "[[upgrade]]", '[[install]]\nstep = "paint"\ncolour = "red"\n[[upgrade]]', 1
).replace("[expect]", '[[upgrade.steps]]\nstep = "paint"\ncolour = "blue"\n[expect]')
SUITE = """
from upgradeproof_project.probes.rooms import Rooms


def test_rooms_are_painted(installed, upgraded):
    assert set(installed[Rooms]) == {"red"}
    assert set(upgraded[Rooms]) == {"red", "blue"}
"""
FILES = {
    **{f"{each.folder}/{each.file}": each.text for each in EXAMPLES},
    "images/example-1.toml": f'machines = ["shed"]\n{IMAGE}',
    "upgrade.toml": PAINTED,
    "pytest.ini": INI,
    "test_it.py": SUITE,
}


def test_a_run_uses_all_of_them(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    painted = Project(tmp_path)
    done = painted.pytest(f"--upgradeproof-cell={CELL}")
    assert done.ok, done.text
    cell = painted.cell(CELL)
    assert cell.verdict is Verdict.PASSED
    upgraded = next(state for state in cell.states if state.name == "upgraded")
    assert [finding.id for finding in upgraded.findings] == ["rooms/red"]
    assert "rooms/blue" in [change.path for change in upgraded.changes]
    assert (painted.reports / "list.txt").read_text().splitlines()[0] == f"{CELL} passed"
    log = (tmp_path / "machines" / "log").read_text().splitlines()
    assert log == ["start main from image", "keep installed", "keep upgraded", "end main"]


def test_nothing_of_a_project_is_imported_without_a_plan(tmp_path: Path) -> None:
    spoilt = "open('imported', 'w').close()\n"
    write(tmp_path, {f"{each.folder}/a.py": spoilt for each in EXAMPLES if each.module})
    write(tmp_path, {"pytest.ini": INI, "test_it.py": "def test_it():\n    pass\n"})
    done = Project(tmp_path).pytest()
    assert done.ok, done.text
    assert not (tmp_path / "imported").exists()


def key_of_rooms(folder: Path, **files: str) -> str:
    """Return the key of the section of a project's probe."""
    write(folder, {f"probes/{name}.py": text for name, text in files.items()})
    open_project(folder)
    return section_key(next(probe for probe in every_probe() if probe.section == "rooms"))


def test_the_source_of_a_probe_and_of_its_helpers_is_the_key_of_its_section(
    project: Path,
) -> None:
    probe = f"from ._names import WORDS\n{PROBE}"
    keys = [
        key_of_rooms(project / "first", rooms=probe, _names="WORDS = 1\n"),
        key_of_rooms(project / "same", rooms=probe, _names="WORDS = 1\n", _other="\n"),
        key_of_rooms(project / "probe", rooms=f"{probe}\n", _names="WORDS = 1\n"),
        key_of_rooms(project / "helper", rooms=probe, _names="WORDS = 2\n"),
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


def key_of_installed(folder: Path, step: str) -> str:
    """Return the key of the state that a project's own step leads to."""
    write(folder, {**FILES, "steps/paint.py": step})
    cell = Home(folder).cells[0]
    actions = [each for each in cell.actions("installed") if not isinstance(each, Publish)]
    return key("image", cell, "installed", actions)


def test_what_a_step_does_is_a_part_of_the_key_of_a_state(project: Path) -> None:
    keys = [
        key_of_installed(project / "first", STEP),
        key_of_installed(project / "same", f"# a comment\n{STEP}"),
        key_of_installed(project / "other", STEP.replace(">>answers", ">answers")),
    ]
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


def test_a_plan_and_its_schema_have_the_steps_of_the_project(
    project: Path, tmp_path: Path, upgradeproof: Command
) -> None:
    write(tmp_path, FILES)
    assert "$ paint blue" in upgradeproof("plan").out
    assert '"const": "paint"' in upgradeproof("schema").out
    write(tmp_path, {"upgrade.toml": PAINTED.replace('"paint"', '"pain"')})
    wrong = upgradeproof("plan")
    assert wrong.status == 2
    assert "install.1.step: unknown step 'pain'; did you mean 'paint'?" in wrong.err
    write(tmp_path, {"upgrade.toml": PAINTED.replace("colour", "color")})
    assert "unknown key 'install.1.color'; did you mean 'colour'?" in upgradeproof("plan").err


def test_the_verbs_know_the_backends_and_the_formats_of_the_project(
    project: Path, tmp_path: Path, upgradeproof: Command
) -> None:
    write(tmp_path, FILES)
    assert "works  backend shed" in upgradeproof("doctor").out
    assert "shed: 0 removed" in upgradeproof("prune").out
    wrong = upgradeproof("report", "--format=lists")
    assert (wrong.status, wrong.err) == (
        2,
        "upgradeproof: there is no report format 'lists'\ndid you mean 'list'?\n",
    )


def test_a_broken_file_is_one_error_of_every_verb(
    project: Path, tmp_path: Path, upgradeproof: Command
) -> None:
    write(tmp_path, {**FILES, "steps/bad.py": "import no_such\n"})
    path = tmp_path / "steps" / "bad.py"
    for verb in ("plan", "schema", "graph"):
        broken = upgradeproof(verb)
        assert (broken.status, broken.out) == (2, "")
        assert broken.err == (
            f"upgradeproof: the kind of step {path} can't be imported\n"
            f"{path}:1: ModuleNotFoundError: No module named 'no_such'\n"
            "To do: correct the file, or remove it\n"
        )


def test_a_check_that_raises_is_an_error_of_the_harness(project: Path) -> None:
    write(project, {"preflight/rooms.py": CHECK.replace("for name", "1 / 0\n    for name")})
    with pytest.raises(HarnessError) as caught:
        examine(situation())
    path = project / "preflight" / "rooms.py"
    assert str(caught.value) == (
        "the preflight check 'rooms' failed\n"
        f"{path}:6: ZeroDivisionError: division by zero\nTo do: correct {path}"
    )
