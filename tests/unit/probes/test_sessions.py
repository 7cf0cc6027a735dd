"""The environment of a user in a login and in a cron job."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.sessions import Session, Sessions, same_limit


def sessions(text: str) -> dict[str, Session]:
    return Sessions.parse(text, ProbeInputs())


def session(*lines: str) -> Session:
    text = "\n".join(("session\tu\tlogin", "motd", "@begin", *lines, "@end", "", "problem\t", ""))
    return sessions(text)["u/login"]


def test_a_login_and_a_job_are_read_for_each_user() -> None:
    found = sessions(captured("sessions"))
    assert set(found) == {"root/login", "root/cron", "deploy/login", "deploy/cron"}
    login = found["deploy/login"]
    assert (login.umask, login.file_mode, login.zone) == ("0022", "644", "UTC +0000")
    assert login.environment["HOME"] == "/home/deploy"
    assert login.limits["open files"] == "1024/20000"
    assert login.identity == "uid=1002(deploy) gid=1002(deploy) groups=1002(deploy)"
    assert not login.problem


def test_variables_of_one_session_only_are_left_out() -> None:
    found = session("env\tSHLVL=1", "env\tSSH_CLIENT=a", "env\tXDG_SESSION_ID=c1", "env\tTZ=UTC")
    assert found.environment == {"TZ": "UTC"}


def test_a_secret_is_masked() -> None:
    assert "hunter2" not in str(session("env\tDB_PASSWORD=hunter2"))


def test_a_session_that_is_refused_has_a_problem() -> None:
    text = "session\tu\tcron\n\nproblem\tsu: Authentication failure \n"
    assert sessions(text) == {"u/cron": Session(problem="su: Authentication failure")}
    assert sessions("session\tu\tcron\n") == {"u/cron": Session(problem="it printed nothing")}


@pytest.mark.parametrize(
    ("limit", "same"),
    [
        (("locked memory", "127533056/127533056", "126857216/126857216"), True),
        (("locked memory", "127533056/127533056", "8388608/8388608"), False),
        (("locked memory", "127533056/unlimited", "127533056/127533056"), False),
        (("open files", "1024/524288", "1023/524288"), False),
        (("open files", "1024/524288", "1024/524288"), True),
    ],
)
def test_only_a_share_of_the_memory_may_differ_a_little(
    limit: tuple[str, str, str], same: bool
) -> None:
    assert same_limit(*limit) is same


def test_a_login_by_ssh_is_opened_through_the_service_of_sshd(tmp_path: Path) -> None:
    asked = '"$(echo "$@" | tr "\\n" " ")"'
    stub = f'#!/bin/sh\nprintf "\\n@begin\\nenv\\tASKED=%s\\n@end\\n" {asked}\n'
    for name, text in (("systemd-run", stub), ("sshd", "#!/bin/sh\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "pam").touch()
    script = Sessions.script(ProbeInputs()).replace("/etc/pam.d/sshd", f"{tmp_path}/pam")
    script = script.replace("mktemp -d /run/", f"mktemp -d {tmp_path}/")
    done = subprocess.run(
        ["/bin/sh", "-c", f"PATH={tmp_path}:$PATH; {script}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = sessions(done.stdout)
    assert "PAMName=sshd --uid=root" in found["root/ssh"].environment["ASKED"]
    assert "su - root" in found["root/login"].environment["ASKED"]
