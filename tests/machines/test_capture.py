"""A mail server is captured over real SSH: the server does not change, and no secret leaves it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.machines import servers
from tests.machines.projects import Project, cell_of, state_of, wait_until
from tests.machines.starting import Start
from upgradeproof.machines.docker_machine import DockerMachine
from upgradeproof.plan import load_plan
from upgradeproof.results import Verdict

# Every file with its owner, mode, times of change and access, and content. Access times are read
# before the content, whose reading may change them. Logs are left out: sshd notes each login.
WALK = r"""
find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /var/log -o -path /dev \) -prune \
  -o ! -type d -printf '%p %m %U %G %s %T@ %C@ %A@ %l\n' | sort
find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /var/log -o -path /dev \) -prune \
  -o -type d -printf '%p %m %U %G %T@ %C@\n' | sort
find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /var/log -o -path /dev \) -prune \
  -o -type f -print0 | sort -z | xargs -0 sha256sum
"""
MARKER = b"Planted-"
SUITE = """
def test_the_twin_is_there(installed):
    assert installed.facts
"""
ANSWERS = """
import pytest


@pytest.mark.subject("endpoint")
def test_it_answers(installed, endpoint):
    assert installed.ask(endpoint).fits(endpoint)
"""
ENDPOINTS = {(22, "ssh"), (25, "smtp"), (143, "imap"), (587, "smtp"), (993, "tls")}


@dataclass(frozen=True)
class MailServer:
    machine: DockerMachine
    config: Path


@pytest.fixture(scope="module")
def server(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with start("mail", ports=(22,)) as machine:
        script = servers.INSTALL.replace("PACKAGES", servers.MAIL_PACKAGES) + servers.MAIL
        done = machine.run(script, timeout_s=600)
        assert done.ok, done.tail
        yield MailServer(machine, servers.reach(machine, tmp_path_factory.mktemp("ssh")))


@pytest.fixture(scope="module")
def captured(server: MailServer, new_project: Callable[[str], Project]) -> Project:
    """Return a project with the product of the server, which the capture must not change."""
    project = new_project("capture")
    images = Path(__file__).parents[2] / "images"
    (project.folder / "images" / "debian-13.toml").write_bytes(
        (images / "debian-13.toml").read_bytes()
    )
    server.machine.run(WALK, timeout_s=300)  # the first one sets the access times
    before = server.machine.run(WALK, timeout_s=300)
    done = capture(project, server)
    assert done.exit_status == 0, done.output
    after = server.machine.run(WALK, timeout_s=300)
    assert before.ok
    assert before.stdout.splitlines() == after.stdout.splitlines()
    return project


def capture(project: Project, server: MailServer, *words: str, to: str = "products/mail1"):  # type: ignore[no-untyped-def]  # Ended
    return project.upgradeproof(
        "capture", "ssh://server", "--ssh-config", str(server.config), "--to", to, *words
    )


def test_the_server_is_unchanged_byte_for_byte(captured: Project) -> None:
    """The fixture compares the files before and after; its assertion names one that changed."""
    assert (captured.folder / "products" / "mail1" / "upgrade.toml").is_file()


def test_no_process_or_file_of_the_capture_stays_on_the_server(
    captured: Project, server: MailServer
) -> None:
    done = server.machine.run(
        "ls -d /run/upgradeproof* /dev/shm/* /tmp/* /var/tmp/* 2>/dev/null; ps ax"
    )
    assert "upgradeproof" not in done.text.replace("upgradeproof.clock", "")
    assert "perl" not in done.text


def test_no_secret_is_in_the_folder(captured: Project, server: MailServer) -> None:
    keys = server.machine.run(
        "cat /etc/ssl/private/*.key /etc/ssh/ssh_host_*_key /etc/postfix/backup_key |"
        " grep -v -- -----; cut -d : -f 2 /etc/shadow | grep '^[$]';"
        " cut -d : -f 2 /etc/dovecot/users"
    )
    secrets = [line for line in keys.stdout.splitlines() if len(line) > 20]
    assert len(secrets) > 60
    halves = server.machine.run(
        "cat /etc/ssl/private/*.key | sed 1d >/dev/null;"
        " for key in /etc/ssl/private/*.key; do openssl pkey -in $key -pubout; done"
    ).stdout
    for path in captured.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert MARKER not in content, path
            found = [line for line in secrets if line in content and line not in halves]
            assert found == [], path


def test_the_twin_agrees_with_the_server(captured: Project) -> None:
    """The generated placeholders work, too: each daemon starts with their keys and hashes."""
    captured.write("test_twin.py", SUITE)
    done = captured.run("pytest", "-q", timeout_s=900)
    assert done.exit_status == 0, done.output
    cell = cell_of(captured.result(), "12-to-13")
    assert cell.capture is not None
    assert cell.capture.server == "machine"
    for section in cell.capture.sections:
        assert section.agree >= 0.99 * section.facts, "\n".join(section.differences)


def test_the_upgrade_of_the_twin_fails_and_names_the_configuration_of_dovecot(
    captured: Project,
) -> None:
    """Dovecot 2.4 rejects settings of 2.3: the owner learns this before the real upgrade."""
    captured.write("test_twin.py", SUITE.replace("installed", "upgraded"))
    done = captured.run("pytest", "-q", timeout_s=1500)
    assert done.exit_status == 1, done.output
    state = state_of(cell_of(captured.result(), "12-to-13"), "upgraded")
    assert state.verdict is Verdict.FAILED
    assert "Error in configuration file /etc/dovecot/local.conf line 2: mail_location" in (
        state.reason
    )


def test_what_the_twin_answers_is_added_to_its_plan_and_the_server_is_not_asked(
    captured: Project, server: MailServer
) -> None:
    path = captured.folder / "products" / "mail1" / "upgrade.toml"
    text, before = path.read_text(), asked(server)
    assert before > 0  # the logins of the capture
    done = captured.run("upgradeproof", "observe", "products/mail1", timeout_s=600)
    assert done.exit_status == 0, done.output
    assert asked(server) == before
    expect = load_plan(path).expect
    assert {(each.port, each.kind) for each in expect.endpoint} == ENDPOINTS
    checks = {config.path: config.check for config in expect.config if config.check}
    assert checks == {
        "/etc/dovecot/conf.d/10-auth.conf": "doveconf -n >/dev/null",
        "/etc/postfix/main.cf": "postconf >/dev/null && postconf -M >/dev/null",
        "/etc/ssh/sshd_config": "sshd -t",
    }
    assert "/etc/dovecot/local.conf" in {config.path for config in expect.config}
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert [line for line in path.read_text().splitlines() if line in comments] == comments


def asked(server: MailServer) -> int:
    """Return how many lines the daemons have logged: they log each connection."""
    units = "-u ssh -u dovecot -u 'postfix*'"
    return int(server.machine.run(f"journalctl -o cat {units} | wc -l").text)


def test_a_new_twin_answers_what_was_observed(captured: Project) -> None:
    captured.write("test_twin.py", ANSWERS)
    done = captured.run("pytest", "-q", "test_twin.py", timeout_s=900)
    assert done.exit_status == 0, done.output
    assert len(cell_of(captured.result(), "12-to-13").checks) == len(ENDPOINTS)


def test_an_existing_folder_is_not_changed(captured: Project, server: MailServer) -> None:
    before = sorted(captured.folder.rglob("*"))
    done = capture(captured, server)
    assert done.exit_status == 2
    assert done.output == (
        "upgradeproof: products/mail1 already exists, and nothing was written\n"
        "To do: remove it, or choose another name\n"
    )
    assert sorted(captured.folder.rglob("*")) == before


def test_an_interrupted_capture_leaves_nothing(project: Project, server: MailServer) -> None:
    before, before_logins = sorted(project.folder.rglob("*")), logins(server)
    words = ("capture", "ssh://server", "--ssh-config", str(server.config), "--to", "products/m")
    with project.started("upgradeproof", *words) as process:
        wait_until("the reader logged in", lambda: logins(server) > before_logins)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert (process.returncode, output.splitlines()[-1]) == (
        130,
        "upgradeproof: interrupted: nothing was written",
    )
    assert sorted(project.folder.rglob("*")) == before
    wait_until("the reader logged out", lambda: logins(server) == before_logins)


def logins(server: MailServer) -> int:
    return int(server.machine.run("pgrep -c sshd").text)


def test_another_host_key_is_refused(project: Project, server: MailServer, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True, timeout=30
    )
    key = " ".join(other.with_suffix(".pub").read_text().split()[:2])
    port = server.machine.published(22)
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{port} {key}\n")
    config = tmp_path / "config"
    config.write_text(f"Host server\n  UserKnownHostsFile {known}\nInclude {server.config}\n")
    done = capture(project, MailServer(server.machine, config))
    assert done.exit_status == 5
    assert done.output.startswith(
        "upgradeproof: the host key of server differs from that in known_hosts: nothing was read"
    )


def test_a_login_without_root_rights_is_refused(
    project: Project, server: MailServer, tmp_path: Path
) -> None:
    done = server.machine.run(
        "mkdir -p ~ada/.ssh; cp /root/.ssh/authorized_keys ~ada/.ssh/; chown -R ada: ~ada/.ssh"
    )
    assert done.ok, done.tail
    config = tmp_path / "config"
    config.write_text(f"Host server\n  User ada\nInclude {server.config}\n")
    done_as_ada = capture(project, MailServer(server.machine, config))
    assert done_as_ada.exit_status == 5
    assert done_as_ada.output == (
        "upgradeproof: the login on server has no root rights\n"
        "sudo: a password is required\n"
        "To do: log in as root, or allow the user `sudo` without a password\n"
    )
