"""Parts that are folded: the cells of a missing, doubled, truncated or foreign part never ran."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.command_line import CommandResult
from tests.unit.plugin.project import AMD64, ARM64, Project, make_project
from tests.unit.sharding.command import upgradeproof_in
from upgradeproof.results import Run, Verdict
from upgradeproof.results.reading import read_run
from upgradeproof.sharding.expecting import PART_CHECK

PATIENCE_S = 300
SUITE = "def test_it(upgraded): pass\ndef test_that(upgraded): pass\n"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project whose two shards ran: the parts are in parts/1 and parts/2."""
    made = make_project(tmp_path_factory.mktemp("shards")).write(test_it=SUITE)
    project = replace(made, timeout_s=PATIENCE_S)
    answer = upgradeproof_in(project.folder, "shards", "--count=2")
    assert answer.status == 0, answer.err
    for number in (1, 2):
        done = shard(project, number)
        assert done == 0
    return project


def shard(project: Project, number: int, *more: str, to: str = "") -> int:
    done = project.pytest(
        f"--upgradeproof-shard=shards.json:{number}",
        f"--upgradeproof-reports=parts/{to or number}",
        *more,
    )
    return done.exit_status


@pytest.fixture
def project(ran: Project, tmp_path: Path) -> Project:
    """Return a copy of it."""
    shutil.copytree(ran.folder, tmp_path / "copy")
    return Project(tmp_path / "copy", timeout_s=PATIENCE_S)


def fold(project: Project, *folders: str) -> tuple[int, list[str], Run]:
    answer = upgradeproof_in(project.folder, "report", *folders, "--expect=shards.json", "--to=all")
    assert answer.err == ""
    return answer.status, answer.out.splitlines(), read_run(project.folder / "all" / "run.json")


def error_of(answer: CommandResult) -> list[str]:
    """Return the error of a command that failed because of the harness."""
    assert (answer.status, answer.out) == (4, "")
    return answer.err.splitlines()


def verdicts(run: Run) -> dict[str, Verdict]:
    return {cell.id: cell.verdict for cell in run.cells}


def lost(run: Run, cell: str) -> str:
    found = next(each for each in run.cells if each.id == cell)
    return next(check.reason for check in found.checks if check.id == PART_CHECK)


def test_a_shard_runs_its_own_cells_and_is_green(project: Project) -> None:
    run = read_run(project.folder / "parts" / "2" / "run.json")
    assert (run.green, [cell.selected for cell in run.cells]) == (True, [False, True])
    other, own = run.cells
    assert (other.id, other.reason, other.shard) == (AMD64, "shard 1 runs this cell", 1)
    assert (own.id, own.shard, len(own.checks)) == (ARM64, 2, 2)


def test_all_parts_fold_into_a_green_run(project: Project) -> None:
    status, lines, run = fold(project, "parts/1", "parts/2")
    assert (status, lines) == (0, ["passed: all/index.html"])
    assert verdicts(run) == {AMD64: Verdict.PASSED, ARM64: Verdict.PASSED}
    assert all(cell.selected and len(cell.checks) == 2 for cell in run.cells)
    assert [cell.shard for cell in run.cells] == [1, 2]


def test_folding_again_results_in_the_same_run(project: Project) -> None:
    first = fold(project, "parts/1")
    assert fold(project, "parts/1") == first
    assert upgradeproof_in(project.folder, "report", "all").status == 1
    assert read_run(project.folder / "all" / "run.json") == first[2]


def test_a_missing_part_never_ran(project: Project) -> None:
    status, lines, run = fold(project, "parts/1")
    assert status == 1
    assert lines == ["shard 2: no part of this shard is there", "never_ran: all/index.html"]
    assert verdicts(run) == {AMD64: Verdict.PASSED, ARM64: Verdict.NEVER_RAN}
    assert lost(run, ARM64) == "shard 2: no part of this shard is there"


def test_zero_parts_never_ran(project: Project) -> None:
    status, lines, run = fold(project)
    assert (status, lines[-1]) == (1, "never_ran: all/index.html")
    assert verdicts(run) == {AMD64: Verdict.NEVER_RAN, ARM64: Verdict.NEVER_RAN}


def test_a_missing_folder_is_no_part(project: Project) -> None:
    status, lines, run = fold(project, "parts/1", "parts/2", "parts/*")
    assert status == 1
    assert lines[0] == "parts/*: it holds no journal of a run"
    assert verdicts(run) == {AMD64: Verdict.PASSED, ARM64: Verdict.PASSED}
    assert run.verdict is Verdict.NEVER_RAN
    summary = (project.folder / "all" / "summary.md").read_text()
    assert "is no part of this run: it holds no journal of a run." in summary


def test_a_doubled_part_never_ran(project: Project) -> None:
    assert shard(project, 2, to="again") == 0
    status, lines, run = fold(project, "parts/1", "parts/2", "parts/again")
    assert status == 1
    why = "shard 2: 2 parts claim to be this shard, and none counts: parts/2, parts/again"
    assert lines[0] == why
    assert verdicts(run) == {AMD64: Verdict.PASSED, ARM64: Verdict.NEVER_RAN}
    assert lost(run, ARM64) == why


def test_a_copied_part_is_doubled(project: Project) -> None:
    shutil.copytree(project.folder / "parts" / "1", project.folder / "parts" / "copied")
    status, _, run = fold(project, "parts/1", "parts/2", "parts/copied")
    assert status == 1
    assert verdicts(run)[AMD64] is Verdict.NEVER_RAN


def test_a_part_of_other_shards_is_foreign(project: Project) -> None:
    shards = project.folder / "shards.json"
    content = json.loads(shards.read_text())
    content["shards"][0]["estimate_s"] += 1
    shards.write_text(json.dumps(content))
    assert shard(project, 2, to="other") == 0
    content["shards"][0]["estimate_s"] -= 1
    shards.write_text(json.dumps(content))
    status, lines, run = fold(project, "parts/1", "parts/other")
    assert status == 1
    assert lines[:2] == [
        "shard 2: no part of this shard is there",
        "parts/other: it is a part of another shards.json",
    ]
    assert verdicts(run) == {AMD64: Verdict.PASSED, ARM64: Verdict.NEVER_RAN}
    assert [each.folder for each in run.rejected] == ["parts/other"]


def test_a_run_without_a_shard_is_foreign(project: Project) -> None:
    assert project.pytest("--upgradeproof-reports=parts/whole").exit_status == 0
    status, lines, run = fold(project, "parts/1", "parts/2", "parts/whole")
    assert (status, run.verdict) == (1, Verdict.NEVER_RAN)
    assert lines[0] == (
        "parts/whole: its run has no shard: it was started without --upgradeproof-shard"
    )


def test_two_parts_in_one_folder_are_invalid(project: Project) -> None:
    for path in (project.folder / "parts" / "1" / "journal").iterdir():
        shutil.copy(path, project.folder / "parts" / "2" / "journal")
    status, lines, run = fold(project, "parts/2")
    assert (status, run.verdict) == (1, Verdict.NEVER_RAN)
    assert lines[2] == "parts/2: it holds 2 runs: give each part a folder of its own"


def test_a_truncated_part_never_ran(project: Project) -> None:
    journal = next((project.folder / "parts" / "2" / "journal").iterdir())
    content = journal.read_bytes()
    for left, why in (
        (content[:-9], f"the last line of {journal.name} is cut off"),
        (b"".join(content.splitlines(keepends=True)[:-1]), "its run did not end"),
    ):
        journal.write_bytes(left)
        status, lines, run = fold(project, "parts/1", "parts/2")
        assert status == 1
        assert lines[0] == f"shard 2: the part parts/2 is truncated: {why}"
        assert verdicts(run) == {AMD64: Verdict.PASSED, ARM64: Verdict.NEVER_RAN}


def test_the_cells_of_a_journal_with_lost_lines_never_ran(project: Project) -> None:
    assert shard(project, 2, "-n1", to="workers") == 0
    journal = next((project.folder / "parts" / "workers" / "journal").glob("gw0*"))
    content = journal.read_bytes()
    whole = len(content)
    journal.write_bytes(b"".join(content.splitlines(keepends=True)[:-1]))
    status, lines, run = fold(project, "parts/1", "parts/workers")
    size = journal.stat().st_size
    assert status == 1
    assert lines[0] == (
        f"shard 2: the part parts/workers is truncated: {journal.name} has {size:,} of"
        f" {whole:,} bytes"
    )
    assert verdicts(run)[ARM64] is Verdict.NEVER_RAN
    journal.unlink()
    status, _, run = fold(project, "parts/1", "parts/workers")
    assert (status, verdicts(run)[ARM64]) == (1, Verdict.NEVER_RAN)


def test_a_cell_that_its_part_did_not_select_never_ran(project: Project) -> None:
    one = upgradeproof_in(project.folder, "shards", "--count=1", *runners(project))
    assert one.status == 0, one.err
    assert shard(project, 1, "--upgradeproof-cell=example-1-amd64*", to="half") == 0
    status, lines, run = fold(project, "parts/half")
    assert (status, lines) == (1, ["never_ran: all/index.html"])
    assert lost(run, ARM64) == "shard 1: the part parts/half did not select this cell"


def runners(project: Project) -> list[str]:
    path = project.folder / "runners.toml"
    path.write_text('[[runner]]\nname = "any"\narchitectures = ["amd64", "arm64"]\n')
    return ["--runners=runners.toml"]


def test_a_failure_in_a_part_fails_the_run(project: Project) -> None:
    project.write(test_it="def test_it(upgraded): assert False\n")
    assert shard(project, 2, to="bad") == 1
    status, _, run = fold(project, "parts/1", "parts/bad")
    assert (status, run.verdict) == (1, Verdict.FAILED)


def test_parts_are_not_folded_into_the_folder_of_another_run(project: Project) -> None:
    done = upgradeproof_in(
        project.folder, "report", "parts/1", "parts/2", "--expect=shards.json", "--to=parts/1"
    )
    assert error_of(done) == [
        "upgradeproof: parts/1 holds a run of its own, and the parts can't be folded into it",
        "To do: name another folder by --to",
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "the file: Invalid JSON: EOF while parsing an object at line 1 column 1"),
        ('{"schema_version": 1}', "plans_digest: Field required"),
    ],
)
def test_an_invalid_shards_json_is_an_error(project: Project, content: str, why: str) -> None:
    (project.folder / "shards.json").write_text(content)
    done = upgradeproof_in(project.folder, "report", "--expect=shards.json", "--to=all")
    assert error_of(done) == [
        "upgradeproof: shards.json is not a shards.json of this version",
        why,
    ]


def test_a_missing_shards_json_is_an_error(project: Project) -> None:
    done = upgradeproof_in(project.folder, "report", "--expect=no.json", "--to=all")
    assert error_of(done) == [
        "upgradeproof: no.json can't be read: No such file or directory",
        "To do: `upgradeproof shards --to FILE` writes it; hand it to every shard",
    ]
