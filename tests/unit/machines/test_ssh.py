"""A server over OpenSSH: the connection, and one clear error for each reason for a failure."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from upgradeproof.errors import MachineError, PlanError, ProgramError, ServerError
from upgradeproof.machines.ssh import Address, Server

CHANGED = """@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Host key verification failed."""


@pytest.mark.parametrize(
    ("text", "host", "user", "port"),
    [
        ("ssh://root@web1", "web1", "root", None),
        ("ssh://web1.example:2222/", "web1.example", "", 2222),
        ("ssh://ada@[2001:db8::1]:22", "2001:db8::1", "ada", 22),
    ],
)
def test_an_address_names_user_host_and_port(
    text: str, host: str, user: str, port: int | None
) -> None:
    assert Address.parse(text) == Address(host=host, user=user, port=port)


@pytest.mark.parametrize(
    "text", ["web1", "http://web1", "ssh://", "ssh://-oProxyCommand=x", "ssh://a b", "ssh://u@-x"]
)
def test_an_invalid_address_is_an_error(text: str) -> None:
    with pytest.raises(PlanError) as raised:
        Address.parse(text)
    assert str(raised.value) == (
        f"{text!r} is no address of a server\nTo do: write ssh://root@host or ssh://user@host:port"
    )


def test_ssh_never_prompts_and_trusts_no_unknown_host() -> None:
    argv = Address.parse("ssh://ada@web1:2222", Path("config")).argv("true")
    assert argv[:3] == ["ssh", "-F", "config"]
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "ControlPath=none"} <= set(argv)
    assert argv[-7:] == ["-p", "2222", "-l", "ada", "--", "web1", "exec sh -c true"]


def fake_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Server:
    """Put a fake ssh before the real one on PATH."""
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return Server(Address(host="web1"))


@pytest.mark.parametrize(
    ("printed", "brief", "resolution"),
    [
        (
            CHANGED,
            "the host key of web1 differs from that in known_hosts: nothing was read",
            (
                "find out why it changed, then replace it: `ssh-keygen -R web1`, and connect once"
                " by hand"
            ),
        ),
        (
            (
                "No ED25519 host key is known for web1 and you have requested strict checking.\n"
                "Host key verification failed."
            ),
            "the host key of web1 is not known here: nothing was read",
            "compare its fingerprint and connect once by hand: `ssh web1`",
        ),
        (
            "ada@web1: Permission denied (publickey,password).",
            "web1 refuses the login",
            "allow a key of yours there; passwords are never asked for (BatchMode)",
        ),
        (
            "sudo: a password is required",
            "the login on web1 has no root rights",
            "log in as root, or allow the user `sudo` without a password",
        ),
        (
            "upgradeproof-no-sudo",
            "the login on web1 has no root rights",
            "log in as root, or allow the user `sudo` without a password",
        ),
        (
            "ssh: Could not resolve hostname web1: Name or service not known",
            "web1 can't be reached",
            "check the name, that the server runs, and the firewalls between",
        ),
        (
            "sh: 1: exec: unshare: not found",
            "web1 gives no shell whose disks are read-only: nothing was read",
            "are unshare, mount and setsid (util-linux) there, and may root mount?",
        ),
    ],
)
def test_each_reason_for_a_missing_shell_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, brief: str, resolution: str
) -> None:
    server = fake_ssh(tmp_path, monkeypatch, f"cat >&2 <<'END'\n{printed}\nEND\nexit 255")
    with pytest.raises(ServerError) as raised:
        server.run("true")
    assert str(raised.value) == f"{brief}\n{printed}\nTo do: {resolution}"


def test_a_port_on_which_no_process_listens_is_unreachable(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "config"
    config.write_text("Host *\n  UserKnownHostsFile /dev/null\n", encoding="utf-8")
    server = Server(Address(host="127.0.0.1", port=port, config=config))
    with pytest.raises(ServerError) as raised:
        server.run("true")
    assert raised.value.brief == "127.0.0.1 can't be reached"
    assert "Connection refused" in raised.value.details


def test_without_an_ssh_client_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramError) as raised:
        Server(Address(host="web1")).run("true")
    assert str(raised.value) == (
        "ssh is not installed here\nTo do: install the OpenSSH client (openssh-client)"
    )


@pytest.mark.parametrize(
    ("change", "brief"),
    [
        (lambda s: s.put(b"x", "/etc/x"), "web1 is only read: /etc/x is not written"),
        (lambda s: s.reboot(timeout_s=1), "web1 is only read: it is not booted"),
        (lambda s: s.power_cut(timeout_s=1), "web1 is only read: its power is not cut"),
        (lambda s: s.published(22), "web1 is only read: its port 22 is not published here"),
    ],
)
def test_a_server_is_never_changed(change, brief: str) -> None:  # type: ignore[no-untyped-def]  # a lambda
    with pytest.raises(MachineError) as raised:
        change(Server(Address(host="web1")))
    assert raised.value.brief == brief
    assert Server(Address(host="web1")).logs() == ""


def test_scripts_run_in_one_shell_whose_end_ends_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = fake_ssh(tmp_path, monkeypatch, "echo upgradeproof-ready; exec setsid -w /bin/sh")
    assert server.run("echo hello; exit 3").exit_status == 3
    assert server.run("cat", stdin=b"\0bytes").stdout == b"\0bytes"
    assert server.alive()
    server.close()
