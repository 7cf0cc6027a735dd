"""The sources of packages: their digest, and how a defect edits them."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.packaging.sources import Sources
from upgradeproof.plan.packages import Edit

ADVICE = "To do: fix the [[edit]] of the defect: the sources have changed since it was written"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of sources."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "agent.py").write_text("port = 1\nport = 1\nname = 2\n")
    (tmp_path / "build").write_text("#!/bin/sh\n")
    (tmp_path / "build").chmod(0o700)
    return tmp_path


def edited(folder: Path, file: str, old: str, new: str) -> Sources:
    return Sources.read(folder).edited([Edit(file=file, old=old, new=new)])


def test_sources_are_written_as_they_were_read(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    target = tmp_path_factory.mktemp("copy")
    Sources.read(folder).write(target)
    assert Sources.read(target) == Sources.read(folder)
    assert (target / "build").stat().st_mode & 0o777 == 0o755
    assert (target / "deep" / "agent.py").stat().st_mode & 0o777 == 0o644


def test_the_digest_is_that_of_the_content_and_not_of_the_checkout(folder: Path) -> None:
    before = Sources.read(folder).digest()
    (folder / "build").chmod(0o755)
    (folder / "build").touch()
    (folder / "deep" / "__pycache__").mkdir()
    (folder / "deep" / "__pycache__" / "agent.pyc").write_bytes(b"compiled")
    assert Sources.read(folder).digest() == before


@pytest.mark.parametrize("change", ["content", "mode", "name"])
def test_every_change_changes_the_digest(folder: Path, change: str) -> None:
    before = Sources.read(folder).digest()
    match change:
        case "content":
            (folder / "build").write_text("#!/bin/sh -e\n")
        case "mode":
            (folder / "build").chmod(0o600)
        case "name":
            (folder / "build").rename(folder / "make")
    assert Sources.read(folder).digest() != before


def test_an_edit_changes_its_text_and_nothing_else(folder: Path) -> None:
    before, after = Sources.read(folder), edited(folder, "deep/agent.py", "name = 2", "name = 3")
    assert after.files["deep/agent.py"].content == b"port = 1\nport = 1\nname = 3\n"
    assert after.files["build"] == before.files["build"]
    assert (folder / "deep" / "agent.py").read_text().endswith("name = 2\n")


def test_edits_build_on_each_other(folder: Path) -> None:
    edits = [Edit(file="build", old="sh", new="bash"), Edit(file="build", old="bash", new="dash")]
    assert Sources.read(folder).edited(edits).files["build"].content == b"#!/bin/dash\n"


def test_an_edit_keeps_a_program_a_program(folder: Path) -> None:
    assert edited(folder, "build", "sh", "dash").files["build"].program


def test_an_edit_without_an_old_text_makes_a_file(folder: Path) -> None:
    assert edited(folder, "deep/more.py", "", "more\n").files["deep/more.py"].content == b"more\n"


@pytest.mark.parametrize(
    ("file", "old", "why"),
    [
        ("nowhere.py", "x", "there is no such file"),
        ("build", "", "it exists, and an edit without `old` makes a new file"),
        ("deep/agent.py", "gone", "its text is there 0 times, not once: 'gone'"),
        ("deep/agent.py", "port = 1", "its text is there 2 times, not once: 'port = 1'"),
    ],
)
def test_an_edit_that_does_not_fit_is_one_clear_error(
    folder: Path, file: str, old: str, why: str
) -> None:
    with pytest.raises(PlanError) as caught:
        edited(folder, file, old, "new")
    assert str(caught.value) == f"the edit of {file} does not fit the sources: {why}\n{ADVICE}"


def test_a_folder_without_sources_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        Sources.read(tmp_path / "nowhere")
    assert str(caught.value) == (
        f"{tmp_path}/nowhere holds no sources of packages\n"
        "To do: fix `sources` of [packages] in the plan"
    )
