"""Evidence: transcripts with time stamps, and files with portable names."""

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


def test_text_after_the_last_line_end_is_stored() -> None:
    assert [line[12:] for line in stamped(b"one\n", b"sure? ")] == ["one", "sure? "]


def test_a_carriage_return_does_not_end_a_line() -> None:
    assert [line[12:] for line in stamped(b"one\r\n")] == ["one"]


def test_a_complete_line_is_in_the_file_immediately(tmp_path: Path) -> None:
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
def test_a_name_is_made_portable(tmp_path: Path, name: str, file: str) -> None:
    path = Recorder("cell", tmp_path, lambda _: None).path("installed", name)
    assert path == tmp_path / "evidence" / "cell" / "installed" / file
    assert path.parent.is_dir()


def test_every_name_stays_in_the_cells_folder(tmp_path: Path) -> None:
    recorder = Recorder("cell", tmp_path, lambda _: None)
    for name in ("..", ".", "../..", "/", "-", "ü"):
        path = recorder.path(name, "a.log").resolve()
        assert path.is_relative_to(recorder.folder.resolve())


def test_evidence_has_the_path_that_the_report_contains(tmp_path: Path) -> None:
    recorder = Recorder("cell", tmp_path, lambda _: None)
    named = recorder.save("grüße", "installed", "a.log")
    assert named == "evidence/cell/installed/a.log"
    assert recorder.collect([named]) == {named: "grüße"}


def test_evidence_of_another_run_is_restored(tmp_path: Path) -> None:
    Recorder("cell", tmp_path, lambda _: None).restore({"evidence/cell/a.log": "text"})
    assert (tmp_path / "evidence" / "cell" / "a.log").read_text() == "text"
