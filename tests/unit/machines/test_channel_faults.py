"""Faults of the persistent channel: one clear error, and the next command works."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.unit.machines.shell import LocalShells, NoShells
from upgradeproof.errors import (
    ChannelError,
    CommandTimeoutError,
    MachineError,
    ServerError,
    UpgradeproofError,
)
from upgradeproof.machines.channel import Channel

LIMIT_S = 10.0


def output(channel: Channel, script: str) -> str:
    return channel.run(script, timeout_s=LIMIT_S).text


def wait_for(path: Path) -> str:
    """Wait until a script on the machine has written a line, and return it."""
    deadline = time.monotonic() + 5
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < deadline, f"{path} was never written"
        time.sleep(0.005)
    return path.read_text().strip()


def runs(pid: str) -> bool:
    """Return whether a process exists and is no zombie."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(") ")[2][0] != "Z"


def test_a_time_out_quotes_the_prompt_that_a_script_hangs_on(channel: Channel) -> None:
    script = "set -e\necho unpacking\nprintf 'Overwrite it? [y/N] '\nsleep 60"
    with pytest.raises(CommandTimeoutError) as caught:
        channel.run(script, timeout_s=0.3)
    assert str(caught.value) == (
        "a command on box did not end in 0.3 s and was ended: echo unpacking ...\n"
        "unpacking\n"
        "Overwrite it? [y/N]"
    )


def test_the_listener_receives_the_prompt_before_a_time_out(channel: Channel) -> None:
    seen: list[bytes] = []
    with pytest.raises(CommandTimeoutError):
        channel.run("printf 'sure? '; sleep 60", timeout_s=0.3, on_output=seen.append)
    assert b"".join(seen) == b"sure? "


def test_a_time_out_quotes_the_last_lines_only(channel: Channel) -> None:
    with pytest.raises(CommandTimeoutError) as caught:
        channel.run("seq 1 100; echo why >&2; sleep 60", timeout_s=0.3)
    assert caught.value.details.splitlines() == [*map(str, range(72, 101)), "", "why"][-30:]


def test_a_command_that_never_stops_printing_times_out(channel: Channel) -> None:
    with pytest.raises(CommandTimeoutError):
        channel.run("while :; do echo again; sleep 0.01; done", timeout_s=0.3)
    assert output(channel, "echo alive") == "alive"


def test_a_time_out_ends_everything_that_the_script_started(
    channel: Channel, tmp_path: Path
) -> None:
    """The child ignores SIGTERM, and a grandchild runs in the background."""
    child, grandchild = tmp_path / "child", tmp_path / "grandchild"
    script = (
        f'sh -c \'trap "" TERM; sleep 60 & echo $! >{grandchild}; echo $$ >{child};'
        " while :; do sleep 0.1; done'"
    )
    with pytest.raises(CommandTimeoutError):
        channel.run(script, timeout_s=0.5)
    assert [runs(wait_for(child)), runs(wait_for(grandchild))] == [False, False]


def test_the_next_command_after_a_time_out_works(channel: Channel, shells: LocalShells) -> None:
    with pytest.raises(CommandTimeoutError):
        channel.run("sleep 60", timeout_s=0.2)
    assert output(channel, "echo alive") == "alive"
    assert len(shells.started) == 2


def test_a_shell_killed_during_a_command_is_an_error(channel: Channel) -> None:
    with pytest.raises(ChannelError) as caught:
        channel.run("echo so far; kill -9 $$; exit", timeout_s=LIMIT_S)
    assert str(caught.value) == (
        "the shell on box died under a command: echo so far; kill -9 $$; exit\n"
        "so far\n"
        "To do: see the machine's log in the evidence: was it stopped or killed?"
    )
    assert output(channel, "echo alive") == "alive"


def test_a_command_whose_shell_died_is_not_run_again(
    channel: Channel, shells: LocalShells, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"

    def kill() -> None:
        wait_for(begun)
        shells.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(ChannelError):
        channel.run(f"echo once >>{begun}; sleep 60", timeout_s=LIMIT_S)
    killer.join()
    assert (output(channel, "echo alive"), begun.read_text()) == ("alive", "once\n")


def test_a_shell_killed_between_two_commands_is_replaced(
    channel: Channel, shells: LocalShells
) -> None:
    assert output(channel, "echo one") == "one"
    shells.kill()
    assert output(channel, "echo two") == "two"
    assert len(shells.started) == 2


def test_late_output_of_a_background_job_is_not_in_the_next_answer(
    channel: Channel, tmp_path: Path
) -> None:
    written = tmp_path / "written"
    channel.run(f"(echo late; echo late >&2; echo done >{written}) &", timeout_s=LIMIT_S)
    wait_for(written)
    done = channel.run("echo mine", timeout_s=LIMIT_S)
    assert (done.stdout, done.stderr) == (b"mine\n", b"")


def test_a_background_job_that_never_stops_printing_ends_only_its_shell(
    channel: Channel, shells: LocalShells
) -> None:
    channel.run("while :; do echo noise; done &", timeout_s=LIMIT_S)
    shells.started[0].wait_for_bytes()
    assert [output(channel, "echo mine") for _ in range(3)] == ["mine"] * 3
    assert len(shells.started) == 2


def test_an_interruption_ends_the_command(channel: Channel, tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def interrupt(_: bytes) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        channel.run(
            f"sh -c 'echo $$ >{pid}; echo hello; sleep 60'", timeout_s=LIMIT_S, on_output=interrupt
        )
    assert not runs(wait_for(pid))
    assert output(channel, "echo alive") == "alive"


def test_a_closed_channel_opens_again(channel: Channel, shells: LocalShells) -> None:
    channel.run("true", timeout_s=LIMIT_S)
    channel.close()
    channel.close()
    assert output(channel, "echo alive") == "alive"
    assert len(shells.started) == 2


@pytest.mark.parametrize(
    ("printed", "details"),
    [
        (b"", "EOFError"),
        (b"OCI runtime exec failed: no /bin/sh\n", "EOFError OCI runtime exec failed: no /bin/sh"),
    ],
)
def test_a_machine_on_which_no_shell_answers_is_an_error(printed: bytes, details: str) -> None:
    connector = NoShells(printed)
    with pytest.raises(ChannelError) as caught:
        Channel(connector, "box").run("true", timeout_s=LIMIT_S)
    assert str(caught.value) == (
        f"no shell answers on box\n{details}\n"
        "To do: is /bin/sh there, and does the machine still run?"
    )
    assert connector.closed == 1


def test_the_error_of_a_machine_without_a_shell_is_unchanged() -> None:
    with pytest.raises(ChannelError) as caught:
        Channel(NoShells(None), "box").run("true", timeout_s=LIMIT_S)
    assert str(caught.value) == "no shell on the machine"


class UnreachableShells(LocalShells):
    """Shells on a machine that does not let another process in to end them."""

    def __init__(self, error: UpgradeproofError) -> None:
        super().__init__()
        self.error = error

    def end_session(self, pid: int) -> None:
        raise self.error


@pytest.mark.parametrize("kind", [MachineError, CommandTimeoutError, ServerError])
def test_the_time_out_counts_where_the_command_can_not_be_ended(
    kind: type[UpgradeproofError],
) -> None:
    shells = UnreachableShells(kind("the end was refused"))
    with pytest.raises(CommandTimeoutError, match="a command on box did not end"):
        Channel(shells, "box").run("sleep 60", timeout_s=0.2)
    shells.end()


def test_a_long_script_is_named_by_its_first_significant_line(channel: Channel) -> None:
    with pytest.raises(CommandTimeoutError) as caught:
        channel.run(f"\nset -e\nsleep 60 # {'x' * 200}", timeout_s=0.2)
    assert caught.value.brief == (
        f"a command on box did not end in 0.2 s and was ended: sleep 60 # {'x' * 89} ..."
    )
