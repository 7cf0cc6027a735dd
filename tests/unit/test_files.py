"""Files that are written atomically."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.errors import HarnessError
from upgradeproof.files import replacing, write_atomically, write_result


def test_write_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "run.json"
    assert write_atomically(path, "ä\n") == path
    assert path.read_bytes() == "ä\n".encode()


def test_write_replaces_a_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    write_atomically(path, b"new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("run.json", "new")]


def test_error_keeps_the_old_file_and_removes_the_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as part:
            part.write_text("half of the new")
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        fail()
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("run.json", "old")]


def test_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    with replacing(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_file_where_a_folder_has_to_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("no folder")
    with pytest.raises(OSError, match="reports"):
        write_atomically(tmp_path / "reports" / "run.json", "new")


def test_result_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "defects.json"
    path.mkdir()
    with pytest.raises(HarnessError) as caught:
        write_result(path, "{}")
    assert str(caught.value) == f"{path} can't be written: Is a directory"
    assert [each.name for each in tmp_path.iterdir()] == ["defects.json"]
