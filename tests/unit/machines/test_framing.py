"""The marker ends the output of a command, in whatever pieces its bytes arrive."""

from __future__ import annotations

import pytest

from upgradeproof.machines.framing import Answer, Received, Stream, new_marker

MARKER = b"\x1e0123456789abcdef:"


def received(*pieces: bytes) -> tuple[Received, list[bytes]]:
    stream = Received(MARKER)
    return stream, [stream.take(piece) for piece in pieces]


def test_each_marker_is_different() -> None:
    assert len({new_marker() for _ in range(100)}) == 100


@pytest.mark.parametrize("cut", range(len(b"output" + MARKER + b"255\n") + 1))
def test_output_may_be_split_at_any_byte(cut: int) -> None:
    whole = b"output" + MARKER + b"255\n"
    stream, shown = received(whole[:cut], whole[cut:])
    assert (stream.complete, stream.output, stream.behind_marker) == (True, b"output", b"255")
    assert b"".join(shown) == b"output"


def test_a_status_without_its_line_end_is_not_complete() -> None:
    stream, _ = received(b"output" + MARKER + b"25")
    assert not stream.complete


def test_an_incomplete_marker_is_output() -> None:
    stream, shown = received(b"a" + MARKER[:9], b"z" + MARKER + b"0\n")
    assert shown == [b"a", MARKER[:9] + b"z"]
    assert stream.output == b"a" + MARKER[:9] + b"z"


def test_a_line_is_returned_before_the_next_arrives() -> None:
    _, shown = received(b"Do you want to continue? [Y/n] ", b"\n")
    assert shown == [b"Do you want to continue? [Y/n] ", b"\n"]


def test_bytes_after_the_marker_are_not_returned() -> None:
    stream, shown = received(b"output" + MARKER + b"0\n", b"late\n")
    assert (b"".join(shown), stream.output, stream.behind_marker) == (b"output", b"output", b"0")


def test_an_answer_is_complete_when_both_streams_are() -> None:
    answer = Answer(MARKER, None)
    answer.take(Stream.OUT, MARKER + b"3\n")
    assert not answer.complete
    answer.take(Stream.ERR, MARKER + b"\n")
    assert (answer.complete, answer.exit_status) == (True, 3)
