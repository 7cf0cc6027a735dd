"""The script that runs the daemons' programs, in a plain `sh` with a fake `systemctl`."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.stub_programs import with_stub
from upgradeproof.daemons import Daemon, Dump, daemons
from upgradeproof.probes.config_checks import ConfigCheck, ConfigChecks
from upgradeproof.probes.effective_config import EffectiveConfig
from upgradeproof.probes.inputs import ProbeInputs

SYSTEMCTL = r"""#!/bin/sh
case $1 in
  list-units) printf '%s\n' 'a.service loaded active running A' 'b.service loaded failed failed B' \
    'x@1-main.service loaded active running X' 'dead.service loaded inactive dead D' ;;
  *) printf '%s\n' 'on.service enabled' 'x@.service enabled' 'off.service disabled' ;;
esac
"""


def daemon(unit: str, command: str, *, per_unit: bool = False, needs: str = "sh") -> Daemon:
    return Daemon(
        title="an example",
        units=(unit,),
        needs=needs,
        packages=("a",),
        per_unit=per_unit,
        check=command,
        timeout_s=1,
        dump=Dump(command=command),
    )


class Host:
    """A folder with a fake `systemctl`, in which scripts run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        program = folder / "bin" / "systemctl"
        program.write_text(SYSTEMCTL)
        program.chmod(0o755)

    def output(self, script: str) -> str:
        script = script.replace("[ -d /run/systemd/system ]", "true")
        script = script.replace("/run/upgradeproof", str(self.folder / "upgradeproof"))
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            env={**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    def checks(self, *services: str, **daemons: Daemon) -> dict[str, ConfigCheck]:
        inputs = ProbeInputs(daemons=daemons, services=services)
        return ConfigChecks.parse(self.output(ConfigChecks.script(inputs)), inputs)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_active_failed_and_enabled_units_and_those_of_the_plan_are_checked(host: Host) -> None:
    units = ("a", "b", "on", "off", "dead", "none")
    every = {name: daemon(f"{name}.service", "true") for name in units}
    assert set(host.checks(**every)) == {"a", "b", "on"}
    assert set(host.checks("off", "none", **every)) == {"a", "b", "on", "off"}


def test_the_command_of_an_instance_has_the_name_of_its_unit(host: Host) -> None:
    checks = host.checks(x=daemon("x@*.service", 'echo "for $UNIT"', per_unit=True))
    assert {name: check.output for name, check in checks.items()} == {
        "x@1-main": "for x@1-main.service"
    }


def test_both_streams_of_a_check_are_stored_in_order(host: Host) -> None:
    checks = host.checks(a=daemon("a.service", "echo one; echo two >&2; echo 'it''s'; exit 3"))
    assert (checks["a"].accepted, checks["a"].output) == (False, "one\ntwo\nits")


def test_a_program_that_hangs_floods_or_is_missing_affects_only_its_own_result(host: Host) -> None:
    began = time.monotonic()
    checks = host.checks(
        hang=daemon("a.service", "sleep 50"),
        flood=daemon("a.service", "yes"),
        left=daemon("a.service", "(trap '' TERM HUP; exec sleep 20) & echo fine"),
        gone=daemon("a.service", "true", needs="no-such-program"),
        fine=daemon("a.service", "true"),
    )
    assert time.monotonic() - began < 15
    assert {name: check.problem for name, check in checks.items() if check.problem} == {
        "hang": "no answer within 1 s",
        "gone": "there is no program no-such-program",
    }
    assert {name for name, check in checks.items() if check.accepted} == {"left", "fine"}


def test_files_that_differ_from_their_package_are_read(host: Host) -> None:
    folder = host.folder / "etc"
    folder.mkdir()
    (folder / "mine.conf").write_text("# b = 1\nlimit = 777M\n")
    (folder / "theirs.conf").write_text("other = 1\n")
    os.mkfifo(folder / "fifo.conf")
    dpkg = host.folder / "bin" / "dpkg-query"
    known = subprocess.run(
        ["md5sum", str(folder / "theirs.conf")], capture_output=True, text=True, check=True
    ).stdout.split()[0]
    dpkg.write_text(f"#!/bin/sh\necho ' {folder}/theirs.conf {known}'\n")
    dpkg.chmod(0o755)
    dump = Dump(command="echo limit = 777M; echo other = 1", files=(f"{folder}/*.conf",))
    example = daemon("a.service", "true").model_copy(update={"dump": dump})
    inputs = ProbeInputs(daemons={"a": example})
    found = EffectiveConfig.parse(host.output(EffectiveConfig.script(inputs)), inputs)
    assert found["a/limit"].set_by == str(folder / "mine.conf")
    assert found["a/other"].set_by == ""


@pytest.mark.parametrize(
    ("printed", "status", "accepted"),
    [
        ("reading config file a", 0, True),
        ("error: stat of /var/log/a failed: No such file or directory", 1, True),
        ("error: a:1 duplicate log entry for /var/log/a", 1, False),
    ],
)
def test_logrotate_refuses_what_it_would_skip_at_night(
    tmp_path: Path, printed: str, status: int, accepted: bool
) -> None:
    body = f"echo '{printed}' >&2; exit {status}"
    done = with_stub(tmp_path, "logrotate", body, daemons()["logrotate"].check)
    assert (done.returncode == 0) is accepted
    assert accepted or done.stdout == f"{printed}\n"
