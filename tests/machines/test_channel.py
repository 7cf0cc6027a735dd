"""The channel to a real machine: files, testinfra, and a shell or a machine that ends."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress

import pytest

from tests.machines.projects import wait_until
from tests.machines.starting import Start, output_of
from upgradeproof.command import run
from upgradeproof.errors import ChannelError, CommandTimeoutError, MachineError
from upgradeproof.machines import Machine


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b"", "/srv/empty"),
        (bytes(range(256)) * 3 + b"\n\n", "/srv/new/folder/binary"),
        (os.urandom(5_000_000), "/srv/large"),
        (b"odd\n", '/srv/it\'s $(odd) "name" `x`; *'),
        (b"dash\n", "/srv/-n"),
    ],
    ids=["empty", "binary", "5 MB", "odd name", "dash"],
)
def test_a_file_is_read_as_it_was_written(debian: Machine, content: bytes, path: str) -> None:
    debian.put(content, path)
    assert debian.get(path) == content


def test_a_file_is_put_with_its_owner_and_mode(debian: Machine) -> None:
    debian.put(b"x", "/srv/owned", mode=0o4750, owner="daemon:mail")
    assert output_of(debian, "stat -c '%U:%G %a' /srv/owned") == "daemon:mail 4750"
    debian.put(b"y", "/srv/owned", mode=0o600)
    assert output_of(debian, "stat -c '%U:%G %a' /srv/owned; cat /srv/owned") == "root:root 600\ny"


def test_a_file_that_is_not_there_is_an_error_with_its_name(debian: Machine) -> None:
    with pytest.raises(MachineError, match=r"^/srv/none could not be read on "):
        debian.get("/srv/none")
    with pytest.raises(MachineError, match=r"^/proc/none could not be written on "):
        debian.put(b"x", "/proc/none")


def test_a_channel_that_is_closed_leaves_no_error_to_the_garbage_collector(
    debian: Machine,
) -> None:
    """Python 3.13 prints errors of collected files; older ones do in development mode."""
    code = (
        "import gc, sys\n"
        "from upgradeproof.machines.docker_exec import ExecTransport\n"
        "from upgradeproof.machines.engine import DockerEngine\n"
        "engine = DockerEngine()\n"
        "container = engine.client().containers.get(sys.argv[1])\n"
        "transport = ExecTransport(container, engine)\n"
        "transport.send(b'echo one\\n')\n"
        "print(transport.receive(10)[1].decode())\n"
        "transport.close()\n"
        "del transport\n"
        "gc.collect()\n"
    )
    done = run([sys.executable, "-X", "dev", "-c", code, debian.name], timeout_s=60)
    assert done.text == "one"
    assert b"Exception ignored" not in done.stderr


def test_testinfra_reads_the_machine(debian: Machine) -> None:
    host = debian.host
    assert host.package("bash").is_installed
    assert not host.package("nginx").is_installed
    assert host.service("systemd-journald").is_running
    assert host.file("/etc/shadow").mode == 0o640
    assert host.file("/etc/debian_version").content_string.startswith("12.")
    assert not host.socket("tcp://0.0.0.0:8000").is_listening
    assert host.check_output("echo %s", "it's") == "it's"
    assert host.run("exit 3").rc == 3
    assert host.system_info.codename == "bookworm"


def test_a_killed_machine_is_reported_at_once(start: Start) -> None:
    with start("killed") as machine:
        timer = threading.Timer(0.5, machine.container.kill)
        timer.start()
        began = time.monotonic()
        with pytest.raises(ChannelError) as under:
            machine.run("echo working; sleep 60")
        wait_until("the engine knows", lambda: not machine.alive(), timeout_s=5)
        with pytest.raises(ChannelError) as after:
            machine.run("true")
        with pytest.raises(MachineError):
            machine.get("/etc/hostname")
        assert time.monotonic() - began < 5
        identity = machine.container.id
    assert str(under.value) == (
        f"the shell on {machine.name} died under a command: echo working; sleep 60\n"
        "working\n"
        "To do: see the machine's log in the evidence: was it stopped or killed?"
    )
    # Docker's engine 20.10 begins with a capital letter, 26.1 does not.
    assert str(after.value).replace(f"container {identity}", f"Container {identity}") == (
        f"no shell can be started on {machine.name}\n"
        f"Container {identity} is not running\n"
        "To do: see the machine's log in the evidence: was it stopped or killed?"
    )


def test_the_channel_works_again_after_a_restart_of_its_machine(start: Start) -> None:
    with start("restarted") as machine:
        output_of(machine, "touch /srv/disk /run/memory")
        machine.container.restart(timeout=5)
        wait_until("its systemd is up", lambda: _answers(machine))
        assert output_of(machine, "ls /srv/disk; ls /run/memory 2>&1 || true").endswith(
            "such file or directory"
        )
        assert machine.alive()


def _answers(machine: Machine) -> bool:
    with suppress(MachineError):
        return machine.run("systemctl is-system-running --wait").text == "running"
    return False


def test_a_dead_shell_breaks_one_command_and_the_next_has_a_new_one(debian: Machine) -> None:
    with pytest.raises(ChannelError, match="died under a command"):
        debian.run("kill -9 $PPID; kill -9 $$; sleep 5")
    assert output_of(debian, "echo again") == "again"


def test_a_time_out_ends_what_the_command_started(debian: Machine) -> None:
    script = "sleep 4711 & sh -c 'trap \"\" TERM; sleep 4712' & echo 'Continue? [y/N] '; wait"
    with pytest.raises(CommandTimeoutError) as error:
        debian.run(script, timeout_s=1)
    assert error.value.details == "Continue? [y/N]"
    assert output_of(debian, "ps -eo args | grep -c '[s]leep 471' || true") == "0"
