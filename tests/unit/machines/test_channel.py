"""The persistent channel over a real shell: every answer is complete, and that of its command."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.unit.machines.shell import LocalShells
from upgradeproof.machines.channel import Channel

EVERY_BYTE = bytes(range(256))
LIMIT_S = 10.0


def output(channel: Channel, script: str) -> str:
    return channel.run(script, timeout_s=LIMIT_S).text


@pytest.mark.parametrize("status", [0, 1, 7, 127, 255])
def test_the_exit_status_is_that_of_the_script(channel: Channel, status: int) -> None:
    assert channel.run(f"exit {status}", timeout_s=LIMIT_S).exit_status == status


def test_a_signal_has_the_exit_status_of_a_shell(channel: Channel) -> None:
    assert channel.run("sh -c 'kill -9 $$'", timeout_s=LIMIT_S).exit_status == 137


def test_stdout_and_stderr_are_separate(channel: Channel) -> None:
    done = channel.run("echo out; echo err >&2; echo out again", timeout_s=LIMIT_S)
    assert (done.stdout, done.stderr) == (b"out\nout again\n", b"err\n")


def test_the_answer_names_its_command(channel: Channel) -> None:
    assert channel.run("true", timeout_s=LIMIT_S).command == "true"


def test_a_command_without_output_has_an_empty_answer(channel: Channel) -> None:
    done = channel.run("true", timeout_s=LIMIT_S)
    assert (done.stdout, done.stderr, done.exit_status) == (b"", b"", 0)


@pytest.mark.parametrize("stdin", [EVERY_BYTE, b"no line end", b"'; echo $HOME `id` \\", b"\n"])
def test_a_script_reads_exactly_its_input(channel: Channel, stdin: bytes) -> None:
    assert channel.run("cat", timeout_s=LIMIT_S, stdin=stdin).stdout == stdin


def test_every_byte_is_returned_on_both_streams(channel: Channel) -> None:
    done = channel.run("tee /dev/stderr", timeout_s=LIMIT_S, stdin=EVERY_BYTE)
    assert (done.stdout, done.stderr) == (EVERY_BYTE, EVERY_BYTE)


def test_without_input_a_script_reads_the_end_of_the_file(channel: Channel) -> None:
    assert output(channel, "read -r line || echo nothing to read") == "nothing to read"


def test_the_exit_status_of_a_script_with_input_is_that_of_the_script(channel: Channel) -> None:
    done = channel.run("cat >/dev/null; exit 9", timeout_s=LIMIT_S, stdin=b"x")
    assert done.exit_status == 9


def test_output_that_looks_like_a_marker_is_only_output(channel: Channel) -> None:
    text = b"\n0123456789abcdef:0\n\x1e0123456789abcdef:0\n\x1e\n:0\n"
    assert channel.run("cat", timeout_s=LIMIT_S, stdin=text).stdout == text


def test_megabytes_of_output_are_complete(channel: Channel) -> None:
    done = channel.run("head -c 5000000 /dev/zero; echo end >&2", timeout_s=LIMIT_S)
    assert (len(done.stdout), done.stderr) == (5_000_000, b"end\n")


def test_what_a_script_does_to_its_output_is_not_left_to_the_next(channel: Channel) -> None:
    """The client of SSH sets O_NONBLOCK; a later command then fails as soon as a pipe is full."""
    flags = "fcntl(STDOUT, F_GETFL, 0)"
    perl = "perl -MFcntl -e"
    change = f"{perl} 'fcntl(STDOUT, F_SETFL, O_NONBLOCK | {flags}) or die'"
    look = f"{perl} 'print {flags} & O_NONBLOCK ? 1 : 0'"
    assert output(channel, f"{change}; {look}") == "1"
    assert output(channel, look) == "0"
    assert output(channel, f"({change}) >&2; {look}") == "0"


def test_a_megabyte_is_sent_and_returned(channel: Channel) -> None:
    content = EVERY_BYTE * 4096
    assert channel.run("cat", timeout_s=LIMIT_S, stdin=content).stdout == content


@pytest.mark.parametrize("largest", [1, 2, 3, 7, 16, 19, 20])
def test_an_answer_may_arrive_in_pieces_of_any_size(shells: LocalShells, largest: int) -> None:
    """A piece may end within the marker, or within the exit status after it."""
    shells.largest = largest
    seen: list[bytes] = []
    channel = Channel(shells, "box")
    for _ in range(3):
        seen.clear()
        done = channel.run("printf 'one\\ntwo'; exit 123", timeout_s=2, on_output=seen.append)
        assert (done.stdout, done.exit_status) == (b"one\ntwo", 123)
        assert b"".join(seen) == b"one\ntwo"


def test_a_listener_receives_every_byte_once(channel: Channel) -> None:
    seen: list[bytes] = []
    script = "echo first; sleep 0.05; echo second; sleep 0.05; printf third"
    channel.run(script, timeout_s=LIMIT_S, on_output=seen.append)
    assert b"".join(seen) == b"first\nsecond\nthird"


def test_a_listener_receives_both_streams(channel: Channel) -> None:
    seen: list[bytes] = []
    channel.run("echo out; sleep 0.05; echo err >&2", timeout_s=LIMIT_S, on_output=seen.append)
    assert b"".join(seen) == b"out\nerr\n"


def test_a_listener_receives_a_line_as_soon_as_it_is_printed(
    channel: Channel, tmp_path: Path
) -> None:
    """The script ends only after the listener has received and answered its question."""
    answered = tmp_path / "answered"

    def answer(data: bytes) -> None:
        if data == b"question?\n":
            answered.touch()

    script = f"echo question?; until [ -e {answered} ]; do sleep 0.01; done"
    assert channel.run(script, timeout_s=LIMIT_S, on_output=answer).ok


@pytest.mark.parametrize(
    ("script", "then", "expected"),
    [
        ("exit 3", "echo alive", "alive"),
        ("cd /tmp", "pwd", "/"),
        ("set -e; false; echo not here", "false; echo alive", "alive"),
        ("export leaked=1", "echo ${leaked:-clean}", "clean"),
        ("umask 077", "umask", "0022"),
        ("exec >/dev/null", "echo printed", "printed"),
        ("trap 'echo trapped' EXIT", "echo clean", "clean"),
        ("set -x; true", "echo quiet", "quiet"),
        ("alias echo=false", "echo printed", "printed"),
        ("exec </dev/zero", "read -r line || echo nothing to read", "nothing to read"),
    ],
)
def test_a_script_does_not_change_the_shell_of_the_next(
    channel: Channel, shells: LocalShells, script: str, then: str, expected: str
) -> None:
    channel.run(script, timeout_s=LIMIT_S)
    assert output(channel, then) == expected
    assert len(shells.started) == 1


@pytest.mark.parametrize(
    "script", ["echo 'unterminated", "if true; then", ")", "}", "echo $(", "<<E\nno end"]
)
def test_an_invalid_script_does_not_affect_the_next(channel: Channel, script: str) -> None:
    channel.run(script, timeout_s=2)
    assert output(channel, "echo alive") == "alive"


@pytest.mark.parametrize(
    "text", ["it's", '"$HOME"', "`id`", "a\\b", "$(id)", "*", "é€", "x;y|z&", "#no comment"]
)
def test_a_script_arrives_as_it_was_written(channel: Channel, text: str) -> None:
    assert channel.run(f"cat <<'E'\n{text}\nE", timeout_s=LIMIT_S).stdout == f"{text}\n".encode()


def test_threads_take_turns(channel: Channel, shells: LocalShells) -> None:
    answers: dict[int, str] = {}

    def ask(number: int) -> None:
        answers[number] = output(channel, f"sleep 0.01; echo {number}; echo {number} >&2")

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: str(number) for number in range(8)}
    assert len(shells.started) == 1
