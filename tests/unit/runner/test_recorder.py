"""Evidence: transcripts with time stamps, and files under names that any file system takes."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from pathlib import Path

import pytest

from upgradeproof.runner.recorder import Recorder
from upgradeproof.runner.transcript import Transcript


def stamped(*pieces: bytes) -> list[str]:
    file = io.BytesIO()
    transcript = Transcript(file)
    for piece in pieces:
        transcript.write(piece)
    transcript.close()
    return file.getvalue().decode("utf-8", "replace").splitlines()


def test_each_line_has_its_seconds() -> None:
    lines = stamped(b"one\ntwo\n")
    assert [re.sub(r"^\[ +0\.\d{3}\] ", "", line) for line in lines] == ["one", "two"]


def test_a_line_may_come_in_pieces() -> None:
    assert [line[12:] for line in stamped(b"o", b"ne\ntw", b"o\n")] == ["one", "two"]


def test_what_comes_after_the_last_line_end_is_kept() -> None:
    assert [line[12:] for line in stamped(b"one\n", b"sure? ")] == ["one", "sure? "]


def test_a_carriage_return_ends_no_line_in_the_file() -> None:
    assert [line[12:] for line in stamped(b"one\r\n")] == ["one"]


def test_a_line_is_on_the_disk_when_it_is_whole(tmp_path: Path) -> None:
    recorder = Recorder("cell", tmp_path, lambda _: None)
    path = recorder.path("installed", "a.log")
    with recorder.transcript(path) as transcript:
        transcript.write(b"one\ntwo")
        assert path.read_text()[12:] == "one\n"


def test_a_transcript_is_closed_when_a_step_raises(tmp_path: Path) -> None:
    recorder = Recorder("cell", tmp_path, lambda _: None)
    path = recorder.path("a.log")
    with suppress(RuntimeError), recorder.transcript(path) as transcript:
        transcript.write(b"sure? ")
        raise RuntimeError
    assert path.read_text()[12:] == "sure? \n"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("01-copy a to /etc/a.log", "01-copy-a-to-etc-a.log"),
        ("../../etc/passwd", "etc-passwd"),
        ("a\nb'c\"d$e", "a-b-c-d-e"),
        ("grüße", "gr-e"),
    ],
)
def test_a_name_becomes_one_that_any_file_system_takes(
    tmp_path: Path, name: str, file: str
) -> None:
    path = Recorder("cell", tmp_path, lambda _: None).path("installed", name)
    assert path == tmp_path / "evidence" / "cell" / "installed" / file
    assert path.parent.is_dir()


def test_no_name_leads_out_of_the_cells_folder(tmp_path: Path) -> None:
    recorder = Recorder("cell", tmp_path, lambda _: None)
    for name in ("..", ".", "../..", "/", "-", "ü"):
        path = recorder.path(name, "a.log").resolve()
        assert path.is_relative_to(recorder.folder.resolve())


def test_what_is_kept_is_named_as_the_report_names_it(tmp_path: Path) -> None:
    recorder = Recorder("cell", tmp_path, lambda _: None)
    named = recorder.save("grüße", "installed", "a.log")
    assert named == "evidence/cell/installed/a.log"
    assert recorder.collect([named]) == {named: "grüße"}


def test_what_another_run_collected_is_restored(tmp_path: Path) -> None:
    Recorder("cell", tmp_path, lambda _: None).restore({"evidence/cell/a.log": "text"})
    assert (tmp_path / "evidence" / "cell" / "a.log").read_text() == "text"
