from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.render.transcripts import Transcript, Transcripts, link, plain


def test_terminal_codes_are_removed() -> None:
    raw = "\x1b[1;31mred\x1b[0m \x1b]0;title\x07plain \x1b]8;;http://x\x1b\\link\x1b(B\x00\x08."
    assert plain(raw) == "red plain link."


def test_a_progress_line_shows_its_final_text() -> None:
    assert plain("Reading... 0%\rReading... 50%\rReading... Done\r\nnext\r\n") == (
        "Reading... Done\nnext\n"
    )


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("transcripts/a b.txt", "./transcripts/a%20b.txt"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("//elsewhere/x", ""),
        ("/etc/passwd", ""),
        ("../secret", ""),
        ("a/../../secret", ""),
        ("..\\secret", ""),
        ("", ""),
    ],
)
def test_a_link_stays_in_the_report(path: str, href: str) -> None:
    assert link(path) == href


def test_a_short_transcript_is_whole(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"one\ntwo\n")
    transcripts = Transcripts(tmp_path)
    assert transcripts.get("t.txt") == Transcript(key=0, note="", href="./t.txt")
    assert transcripts.texts == ["one\ntwo\n"]


def test_a_long_transcript_has_its_last_whole_lines_and_a_note(
    tmp_path: Path,
) -> None:
    (tmp_path / "t.txt").write_bytes("ä\n".encode() * 1000)
    transcripts = Transcripts(tmp_path, limit=10)
    assert transcripts.get("t.txt").note == (
        "The first 2,991 of 3,000 bytes are left out here; the file has them."
    )
    assert transcripts.texts == ["ä\nä\nä\n"]


def test_of_a_single_long_line_the_end_is_shown(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"x" * 100)
    transcripts = Transcripts(tmp_path, limit=10)
    assert transcripts.get("t.txt").note == (
        "The first 90 of 100 bytes are left out here; the file has them."
    )
    assert transcripts.texts == ["x" * 10]


def test_a_missing_transcript_has_a_note(tmp_path: Path) -> None:
    assert Transcripts(tmp_path).get("t.txt") == Transcript(
        key=None, note="The transcript t.txt is missing from the report's folder.", href=""
    )


def test_a_step_without_transcript_has_a_note(tmp_path: Path) -> None:
    assert Transcripts(tmp_path).get("").note == "This step has no transcript."


def test_a_transcript_outside_of_the_report_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "t.txt").symlink_to(tmp_path / "secret")
    transcripts = Transcripts(folder)
    for path in ("../secret", "t.txt", str(tmp_path / "secret")):
        assert transcripts.get(path).note == (
            f"The transcript {path} is outside the report's folder and was not read."
        )
    assert transcripts.texts == []


def test_an_invalid_path_is_a_missing_transcript(tmp_path: Path) -> None:
    assert "is missing" in Transcripts(tmp_path).get("a\0b").note


def test_a_file_that_many_cells_share_is_embedded_once(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"one")
    transcripts = Transcripts(tmp_path)
    assert transcripts.get("t.txt") is transcripts.get("t.txt")
    assert len(transcripts.texts) == 1


def test_a_transcript_beyond_the_limit_of_the_page_is_linked(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"12345678")
    (tmp_path / "b.txt").write_bytes(b"12345678")
    transcripts = Transcripts(tmp_path, budget=10)
    assert transcripts.get("a.txt").key == 0
    assert transcripts.get("b.txt") == Transcript(
        key=None,
        note="The page is too large for this transcript: open its file.",
        href="./b.txt",
    )
