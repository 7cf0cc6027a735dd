"""The agent and the port: several shells share one line; the agent may end and start again."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.machines.qemu.agent import LIMIT_S, AgentShells, NoAgent, wait_until
from upgradeproof.errors import ChannelError
from upgradeproof.machines.channel import Channel
from upgradeproof.machines.framing import Stream


@pytest.fixture
def silent() -> Iterator[NoAgent]:
    machine = NoAgent()
    yield machine
    machine.close()


def output(channel: Channel, script: str) -> str:
    return channel.run(script, timeout_s=LIMIT_S).text


def test_an_agent_reports_the_boot_that_it_runs_in(shells: AgentShells) -> None:
    assert shells.ready == [Path("/proc/sys/kernel/random/boot_id").read_text().strip()]


def test_three_megabytes_of_input_arrive(channel: Channel) -> None:
    content = os.urandom(3_000_000)
    done = channel.run("sha256sum", timeout_s=20, stdin=content)
    assert done.text == output(channel, f"printf '{done.text}'")
    assert channel.run("wc -c", timeout_s=20, stdin=content).text == "3000000"


def test_two_channels_have_shells_of_their_own(shells: AgentShells) -> None:
    one, two = Channel(shells, "box"), Channel(shells, "box")
    assert output(one, "echo $PPID") == output(two, "echo $PPID") == str(shells.agent.pid)
    busy = threading.Thread(target=output, args=(one, "sleep 1"))
    busy.start()
    began = time.monotonic()
    assert output(two, "echo here") == "here"
    assert time.monotonic() - began < 0.9
    busy.join()
    for channel in (one, two):
        channel.close()


@pytest.mark.parametrize(
    "text",
    [
        "ready 0000\n",
        "\nend 1 0\n",
        "opened 1 1\nout 1 4141\n",
        "\x00\xff\n\nclose 1\nreset\n",
    ],
)
def test_output_that_looks_like_the_protocol_is_only_output(
    channel: Channel, shells: AgentShells, text: str
) -> None:
    assert channel.run("cat", timeout_s=LIMIT_S, stdin=text.encode()).stdout == text.encode()
    assert len(shells.ready) == 1


@pytest.mark.parametrize(
    "noise",
    [
        b"out 12 41",
        b"\xff\xfe\x00garbage",
        b"out\nerr\nend\nopened\nready\nready a b\n",
        b"out 1 zz\nout 1 4\nend 1 0\nopened 1 2",
        b"x" * 100_000,
    ],
    ids=["incomplete", "garbage", "no arguments", "unknown", "long"],
)
def test_incomplete_lines_of_an_interrupted_boot_are_ignored(
    shells: AgentShells, channel: Channel, noise: bytes
) -> None:
    shells.end_agent()
    shells.send_to_host(noise)
    shells.start()
    assert output(channel, "echo here") == "here"


def test_input_of_an_agent_that_ended_is_not_run_by_the_next(
    shells: AgentShells, channel: Channel, tmp_path: Path
) -> None:
    shells.end_agent()
    script = f"touch {tmp_path}/run\n"
    shells.port.send_line(b"in", b"7", script.encode().hex().encode())
    shells.port.send_line(b"open")
    shells.start()
    assert output(channel, f"ls {tmp_path}") == ""


def test_an_agent_killed_during_a_command_is_an_error_and_the_next_agent_works(
    shells: AgentShells, channel: Channel, tmp_path: Path
) -> None:
    def kill() -> None:
        wait_until("the command runs", (tmp_path / "begun").exists)
        shells.end_agent()
        shells.start()

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(ChannelError) as caught:
        channel.run(f"echo once >>{tmp_path}/begun; sleep 60", timeout_s=LIMIT_S)
    killer.join()
    assert caught.value.brief.startswith("the shell on box died under a command: echo once")
    assert output(channel, "echo again") == "again"
    assert (tmp_path / "begun").read_text() == "once\n"


def test_a_background_job_that_never_stops_printing_ends_only_its_shell(
    shells: AgentShells, channel: Channel
) -> None:
    channel.run("yes >&2 & yes & :", timeout_s=LIMIT_S)
    wait_until("output has arrived", lambda: not shells.started[0].arrived.empty())
    began = time.monotonic()
    assert [output(channel, "echo mine") for _ in range(3)] == ["mine"] * 3
    assert time.monotonic() - began < 5
    assert len(shells.started) == 2


def test_late_output_of_a_background_job_is_not_in_the_next_answer(
    shells: AgentShells, channel: Channel
) -> None:
    channel.run("(sleep 0.1; echo late; echo late >&2) &", timeout_s=LIMIT_S)
    wait_until("the output has arrived", lambda: not shells.started[0].arrived.empty())
    done = channel.run("echo mine", timeout_s=LIMIT_S)
    assert (done.stdout, done.stderr) == (b"mine\n", b"")


def test_a_background_job_continues_after_its_shell(
    shells: AgentShells, channel: Channel, tmp_path: Path
) -> None:
    """Its output is dropped, and it continues."""
    job = f"(sleep 0.3; echo noise; echo noise; echo lives >{tmp_path}/job) &"
    channel.run(job, timeout_s=LIMIT_S)
    channel.close()
    wait_until("the job ends", (tmp_path / "job").exists)


def test_a_reset_ends_every_shell_and_its_processes(
    shells: AgentShells, channel: Channel, tmp_path: Path
) -> None:
    channel.run(f"sleep 60 & echo $! >{tmp_path}/pid", timeout_s=LIMIT_S)
    shells.port.send_line(b"reset")
    wait_until("no shell is left", lambda: not shells.pids)
    pid = (tmp_path / "pid").read_text().strip()
    wait_until("no child is left", lambda: _gone(pid))


def _gone(pid: str) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(") ")[2][0] == "Z"


def test_a_shell_that_was_closed_ends(shells: AgentShells, channel: Channel) -> None:
    channel.run("true", timeout_s=LIMIT_S)
    channel.close()
    wait_until("the shell has ended", lambda: not shells.pids)


def test_the_last_output_of_a_shell_arrives_before_its_end(shells: AgentShells) -> None:
    shell = shells.connect()
    shell.send(b"head -c 60000 /dev/zero; echo error >&2; exit 3\n")
    received = {Stream.OUT: 0, Stream.ERR: 0}
    while True:
        try:
            stream, data = shell.receive(5)
        except EOFError:
            break
        received[stream] += len(data)
    assert received == {Stream.OUT: 60_000, Stream.ERR: 6}
    with pytest.raises(EOFError):
        shell.receive(0)
    shell.close()


def test_a_missing_agent_is_an_error_after_the_limit(silent: NoAgent) -> None:
    assert silent.open_error(0.2) == (
        "no agent answers on box\nwaited 0.2 s\n"
        "To do: see console.log in the evidence: did the machine boot?"
    )


def test_an_end_of_qemu_is_an_error_at_once(silent: NoAgent) -> None:
    began = time.monotonic()
    threading.Timer(0.1, silent.far.close).start()
    assert silent.open_error(20).splitlines()[:2] == ["no agent answers on box", "QEMU is gone"]
    assert silent.open_error(20).splitlines()[1] == "QEMU is gone"
    assert time.monotonic() - began < 2


def test_a_late_answer_is_used(silent: NoAgent) -> None:
    """A busy machine answers the first request after the second one was sent."""

    def answer() -> None:
        with silent.far.makefile("rb") as lines:
            asked = [lines.readline().split()[1] for _ in range(2)]
        silent.far.sendall(b"opened %s 42\n" % asked[0])

    agent = threading.Thread(target=answer)
    agent.start()
    shell = silent.port.open(10)
    agent.join()
    assert shell.opened
    shell.close()


def test_sending_to_a_machine_that_reads_nothing_times_out(silent: NoAgent) -> None:
    silent.port.limit_sending(0.2)
    began = time.monotonic()
    with pytest.raises(OSError, match="temporarily unavailable"):
        silent.port.send_line(b"in", b"1", b"00" * 4_000_000)
    assert time.monotonic() - began < 3
    silent.far.setblocking(False)
    with suppress(BlockingIOError):
        while silent.far.recv(1 << 20):
            pass
    silent.port.send_line(b"reset")
    assert silent.far.recv(100) == b"\nreset\n", "the half line is ended first"


def test_a_closed_port_leaves_no_thread(silent: NoAgent) -> None:
    before = {thread.name for thread in threading.enumerate()}
    silent.port.close()
    after = {thread.name for thread in threading.enumerate()}
    assert before - after == {"port box"}
