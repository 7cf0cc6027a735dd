"""A project whose machines, images, steps, facts, findings and reports are all its own extensions.

Nothing of the engine is touched: pytest runs in the project as a process of its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.extensions.conftest import write
from tests.unit.extensions.examples import EXAMPLES, PROBE
from tests.unit.plugin.project import IMAGE, INI, PLAN, Project
from upgradeproof.results import Verdict

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


@pytest.fixture
def painted(tmp_path: Path) -> Project:
    """Return a project with an extension of every kind, and without a conftest.py."""
    write(
        tmp_path,
        {
            **{f"{each.folder}/{each.file}": each.text for each in EXAMPLES},
            "images/example-1.toml": f'machines = ["shed"]\n{IMAGE}',
            "upgrade.toml": PAINTED,
            "pytest.ini": INI,
            "test_it.py": SUITE,
        },
    )
    return Project(tmp_path)


def run(project: Project) -> list[str]:
    """Run the suite, which passes, and return what the backend did for it."""
    log = project.folder / "machines" / "log"
    before = log.read_text().splitlines() if log.exists() else []
    done = project.pytest(f"--cell={CELL}")
    assert done.ok, done.text
    return log.read_text().splitlines()[len(before) :]


BUILT = ["start main from image", "keep installed", "keep upgraded", "end main"]
READ_LATER = 2 * ["start facts from snapshot", "end facts"]


def test_a_run_uses_all_of_them(painted: Project) -> None:
    assert run(painted) == BUILT
    cell = painted.cell(CELL)
    assert cell.verdict is Verdict.PASSED
    assert [finding.id for finding in cell.findings] == ["rooms/red"]
    upgraded = next(state for state in cell.states if state.name == "upgraded")
    assert "rooms/blue" in [change.path for change in upgraded.changes]
    assert (painted.reports / "list.txt").read_text().splitlines()[0] == f"{CELL} passed"
    assert (painted.folder / "machines" / "images").is_dir()


def test_the_source_of_a_probe_is_the_key_of_its_section(painted: Project) -> None:
    assert run(painted) == BUILT
    assert run(painted) == []
    write(painted.folder, {"probes/rooms.py": f"# changed\n{PROBE}"})
    assert run(painted) == READ_LATER


def test_a_helper_of_a_probe_is_a_part_of_the_key(painted: Project) -> None:
    helper = {"probes/_names.py": "WORDS = str.split\n"}
    uses = PROBE.replace("output.split()", "WORDS(output)")
    write(painted.folder, {**helper, "probes/rooms.py": f"from ._names import WORDS\n{uses}"})
    assert run(painted) == BUILT
    write(painted.folder, {"probes/_names.py": "WORDS = str.split  # changed\n"})
    assert run(painted) == READ_LATER


def test_what_a_step_does_is_a_part_of_the_key(painted: Project) -> None:
    assert run(painted) == BUILT
    path = painted.folder / "steps" / "paint.py"
    path.write_text(path.read_text().replace("mkdir -p answers", "mkdir -p answers paint"))
    assert run(painted) == BUILT


def test_a_plan_is_read_with_the_steps_of_its_project(painted: Project) -> None:
    assert "$ paint blue" in painted.upgradeproof("plan").text
    assert '"paint"' in painted.upgradeproof("schema").text
    write(painted.folder, {"upgrade.toml": PAINTED.replace('"paint"', '"pain"')})
    assert "unknown step 'pain'; did you mean 'paint'?" in painted.upgradeproof("plan").text
    write(painted.folder, {"upgrade.toml": PAINTED.replace("colour", "color")})
    assert "did you mean 'install.1.colour'?" not in painted.upgradeproof("plan").text
    assert "did you mean 'colour'?" in painted.upgradeproof("plan").text


def test_the_verbs_know_the_backends_and_the_formats_of_the_project(painted: Project) -> None:
    assert "works  backend shed" in painted.upgradeproof("doctor").text
    assert "shed: 0 removed" in painted.upgradeproof("prune").text
    run(painted)
    assert painted.upgradeproof("report", "--format=list").text.endswith("list.txt\n")
    wrong = painted.upgradeproof("report", "--format=lists")
    assert wrong.exit_status == 2
    assert wrong.text == "upgradeproof: there is no report format 'lists'\ndid you mean 'list'?\n"


@pytest.mark.parametrize("folder", ["probes", "steps", "formats"])
def test_a_broken_file_ends_the_run_with_one_error(painted: Project, folder: str) -> None:
    write(painted.folder, {f"{folder}/bad.py": "import no_such\n"})
    done = painted.pytest()
    assert done.exit_status == pytest.ExitCode.USAGE_ERROR
    assert done.text.count("No module named 'no_such'") == 1
    assert f"{painted.folder}/{folder}/bad.py can't be imported" in done.text
    assert "Traceback" not in done.text


def test_a_check_that_raises_is_an_error_of_the_harness(painted: Project) -> None:
    write(painted.folder, {"preflight/rooms.py": "def findings(situation):\n    return 1 / 0\n"})
    done = painted.pytest(f"--cell={CELL}")
    assert not done.ok
    assert painted.cell(CELL).verdict is Verdict.BROKEN
    assert "the preflight check 'rooms' failed" in done.text


def test_nothing_of_a_project_is_imported_without_a_plan(painted: Project) -> None:
    (painted.folder / "upgrade.toml").unlink()
    for folder in {each.folder for each in EXAMPLES if each.module}:
        write(painted.folder, {f"{folder}/bad.py": "open('imported', 'w').close()\n"})
    write(painted.folder, {"test_it.py": "def test_it():\n    pass\n"})
    done = painted.pytest()
    assert done.ok, done.text
    assert not (painted.folder / "imported").exists()
