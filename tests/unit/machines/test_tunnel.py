"""The SSH connection to an engine: how ssh is started, and one clear error for each refusal."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from upgradeproof.command import run
from upgradeproof.errors import BackendError, MachineError
from upgradeproof.machines.engine import DockerEngine
from upgradeproof.machines.ssh import Address
from upgradeproof.machines.tunnel import PREFIX, Tunnel
from upgradeproof.machines.tunnel_errors import asking_why, refusal, silence

CHANGED = """@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Offending ED25519 key in /home/ada/.ssh/known_hosts:7
Host key for arm1 has changed and you have requested strict checking.
Host key verification failed."""
UNKNOWN = """No ED25519 host key is known for arm1 and you have requested strict checking.
Host key verification failed."""


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            CHANGED,
            (
                "the host key of the engine one differs from that in known_hosts\n"
                "Offending ED25519 key in /home/ada/.ssh/known_hosts:7\n"
                "To do: find out why it changed, then replace it: `ssh-keygen -R arm1`, and connect"
                " once by hand"
            ),
        ),
        (
            UNKNOWN,
            (
                "the host key of the engine one is not known here\n"
                "No ED25519 host key is known for arm1 and you have requested strict checking.\n"
                "To do: compare its fingerprint and connect once by hand: `ssh arm1`"
            ),
        ),
        (
            (
                "Warning: Permanently added 'arm1' (ED25519) to the list of known hosts.\n"
                "ada@arm1: Permission denied (publickey)."
            ),
            (
                "the host of the engine one refuses the login\n"
                "ada@arm1: Permission denied (publickey).\n"
                "To do: allow a key of yours there; passwords are never asked for (BatchMode)"
            ),
        ),
        (
            (
                "/home/ada/.ssh/config: line 3: Bad configuration option: hostnme\n"
                "/home/ada/.ssh/config: terminating, 1 bad configuration options"
            ),
            (
                "ssh does not accept its configuration for the engine one\n"
                "/home/ada/.ssh/config: line 3: Bad configuration option: hostnme\n"
                "To do: correct the file that the message names"
            ),
        ),
        (
            "ssh: connect to host arm1 port 22: No route to host",
            (
                "the host of the engine one can't be reached\n"
                "ssh: connect to host arm1 port 22: No route to host\n"
                "To do: check the name, that the host runs, and the firewalls between: `ssh arm1`"
            ),
        ),
        (
            "no answer in 30 s",
            (
                "the host of the engine one can't be reached\nno answer in 30 s\n"
                "To do: check the name, that the host runs, and the firewalls between: `ssh arm1`"
            ),
        ),
        (
            "something new\nand its last line",
            (
                "ssh does not connect to the engine one\nand its last line\n"
                "To do: try it by hand: `ssh arm1`"
            ),
        ),
        (
            "",
            (
                "ssh does not connect to the engine one\nit printed nothing\n"
                "To do: try it by hand: `ssh arm1`"
            ),
        ),
    ],
)
def test_each_refusal_is_one_error_with_the_decisive_line(printed: str, expected: str) -> None:
    assert str(refusal("one", "arm1", printed)) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            "absent",
            (
                "no engine runs on the host of one\nthere is no socket /run/docker.sock\n"
                "To do: start the engine there, or name its socket in the address, such as"
                " ssh://root@host/run/podman/podman.sock"
            ),
        ),
        (
            "forbidden\nsrw-rw---- 1 root docker 0 Jan  1 00:00 /run/docker.sock",
            (
                "the login on the host of one may not use its engine\n"
                "srw-rw---- 1 root docker 0 Jan  1 00:00 /run/docker.sock\n"
                "To do: log in as root, or add the user to the group of the socket"
            ),
        ),
        (
            "silent",
            (
                "the engine one does not answer\n/run/docker.sock: open failed: connect failed\n"
                "To do: look at the engine's log on its host; if it runs, set there"
                " AllowStreamLocalForwarding and AllowTcpForwarding to yes in sshd_config"
            ),
        ),
    ],
)
def test_each_reason_of_a_silent_engine_is_one_error(answer: str, expected: str) -> None:
    printed = "channel 2: open failed: connect failed\r\nand more"
    assert str(silence("one", "/run/docker.sock", answer, printed)) == expected


def test_the_socket_is_looked_at_by_its_whole_path(tmp_path: Path) -> None:
    path = tmp_path / "a socket"
    path.touch(mode=0o600)

    def answer(name: str) -> str:
        return run(["sh", "-c", asking_why(name)], timeout_s=20).text

    assert (answer(str(path)), answer(f"{path}x")) == ("silent", "absent")


@pytest.fixture
def fake_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a fake ssh before the real one on PATH, and the sockets into a folder of the test."""
    runtime = tmp_path / "run"
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path / "ssh"


def write(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def folders(fake_ssh: Path) -> list[Path]:
    return list((fake_ssh.parent / "run").glob(f"{PREFIX}*"))


def test_the_master_never_prompts_and_ends_with_its_context(fake_ssh: Path) -> None:
    write(fake_ssh, f'echo "$@" >{fake_ssh}.words; echo upgradeproof-ready; exec cat')
    address = Address(host="arm1", user="ada", port=2222, config=Path("config"))
    with Tunnel("one", address) as tunnel:
        (folder,) = folders(fake_ssh)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert not tunnel.ended
    assert tunnel.ended
    assert folders(fake_ssh) == []
    words = Path(f"{fake_ssh}.words").read_text(encoding="utf-8").strip()
    assert words == (
        "-F config -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=10"
        " -o ServerAliveCountMax=3 -o LogLevel=INFO -o ForwardAgent=no -o ForwardX11=no"
        " -o ClearAllForwardings=yes -o ControlMaster=yes -o ControlPersist=no"
        " -o StreamLocalBindMask=0177 -o PermitLocalCommand=no -o RemoteCommand=none"
        " -o RequestTTY=no"
        f" -o ControlPath={folder}/control -p 2222 -l ada -T -- arm1"
        " echo upgradeproof-ready; exec cat"
    )


def test_an_engine_that_was_never_used_is_closed_without_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    tunnel = Tunnel("one", Address(host="arm1"))
    with DockerEngine(name="one", address="/run/docker.sock", tunnel=tunnel):
        pass
    assert (tmp_path / "file").exists()
    assert (tunnel.ended, tunnel.last_line) == (True, "")
    with pytest.raises(MachineError, match="the engine one is not connected"):
        tunnel.run(":")


def test_a_socket_that_can_not_be_forwarded_is_an_error_and_leaves_nothing(fake_ssh: Path) -> None:
    write(
        fake_ssh,
        'case "$*" in *forward*) echo "mux_client_forward: refused" >&2; exit 255;; esac\n'
        "echo upgradeproof-ready; exec cat",
    )
    tunnel = Tunnel("one", Address(host="arm1"))
    engine = DockerEngine(name="one", address="/run/docker.sock", tunnel=tunnel)
    with pytest.raises(BackendError) as raised:
        engine.client()
    assert str(raised.value) == (
        "ssh does not forward the socket of the engine one\nmux_client_forward: refused"
    )
    assert folders(fake_ssh) == []


def test_a_refusal_leaves_nothing(fake_ssh: Path) -> None:
    write(fake_ssh, "echo 'ssh: connect to host arm1 port 22: Connection refused' >&2; exit 255")
    with pytest.raises(BackendError) as raised, Tunnel("one", Address(host="arm1")):
        pass
    assert raised.value.details == "ssh: connect to host arm1 port 22: Connection refused"
    assert folders(fake_ssh) == []


def test_an_engine_asks_a_host_that_refused_once_and_not_again(fake_ssh: Path) -> None:
    write(fake_ssh, f"echo x >>{fake_ssh}.asked; echo 'Permission denied (publickey).' >&2; exit 1")
    tunnel = Tunnel("one", Address(host="arm1"))
    engine = DockerEngine(name="one", address="/run/docker.sock", tunnel=tunnel)
    for _ in range(2):
        with pytest.raises(BackendError, match="the host of the engine one refuses the login"):
            engine.client()
    assert Path(f"{fake_ssh}.asked").read_text(encoding="utf-8") == "x\n"


def test_a_port_that_can_not_be_forwarded_is_an_error(fake_ssh: Path) -> None:
    write(
        fake_ssh,
        'case "$*" in *forward*) echo "mux_client_forward: refused" >&2; exit 255;; esac\n'
        "echo upgradeproof-ready; exec cat",
    )
    with Tunnel("one", Address(host="arm1")) as tunnel, pytest.raises(MachineError) as raised:
        tunnel.forward(8080)
    assert str(raised.value) == (
        "ssh does not forward the port 8080 of the engine one\nmux_client_forward: refused"
    )


def test_the_folder_of_a_killed_process_is_removed_and_that_of_a_living_one_stays(
    fake_ssh: Path,
) -> None:
    write(fake_ssh, "echo upgradeproof-ready; exec cat")
    killed = fake_ssh.parent / "run" / f"{PREFIX}killed"
    killed.mkdir()
    (killed / "owner").write_text("boot:1:1", encoding="utf-8")
    with Tunnel("one", Address(host="arm1")), Tunnel("two", Address(host="arm2")):
        assert killed not in folders(fake_ssh)
        assert len(folders(fake_ssh)) == 2


KILLED = """
import os, time
from upgradeproof.machines.ssh import Address
from upgradeproof.machines.tunnel import Tunnel
with Tunnel("one", Address(host="arm1")):
    print("connected", flush=True)
    time.sleep(600)
"""


def test_the_master_ends_when_its_process_is_killed(fake_ssh: Path) -> None:
    write(fake_ssh, f"echo $$ >{fake_ssh}.pid; echo upgradeproof-ready; exec cat")
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"connected\n"
        process.kill()
    pid = int(Path(f"{fake_ssh}.pid").read_text(encoding="utf-8"))
    deadline = time.monotonic() + 20
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
