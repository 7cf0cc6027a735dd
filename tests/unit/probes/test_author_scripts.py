"""The administrator's scripts and jobs are found and run in a folder instead of on a machine."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from upgradeproof.probes import ProbeInputs
from upgradeproof.probes.base import Probe
from upgradeproof.probes.script_runs import ScriptRun, ScriptRuns
from upgradeproof.probes.scripts import Scripts

RUN = ProbeInputs(run_scripts=True)
PACKAGED = "#!/bin/sh\ntrue\n"
STATUS = """Package: tool
Conffiles:
 /etc/cron.daily/packaged 1bd9d9f0a6d8c5bb5d8d6ae4e1f8b2d5
 /etc/cron.daily/edited 00000000000000000000000000000000
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    for folder in ("usr/local/bin", "etc/cron.daily", "etc/cron.d", "var/lib/dpkg", "spool"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    return tmp_path


def executable(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def read(probe: type[Probe[Any]], machine: Path) -> dict[str, Any]:
    """Run a probe's script with the paths of the machine replaced by the folder."""
    script = probe.script(RUN)
    for place in ("/usr/local/", "/etc/", "/var/lib/dpkg/"):
        script = script.replace(f" {place}", f" {machine}{place}")
    script = script.replace("/var/spool/cron/crontabs", f"{machine}/spool")
    script = script.replace("/etc\\/cron", "/etc\\/cron").replace("find / ", f"find {machine} ")
    script = script.replace("/run/upgradeproof-scripts", f"{machine}/run-scripts")
    done = subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert "yntax" not in done.stderr
    return probe.parse(done.stdout.replace(str(machine), ""), RUN)


def test_scripts_in_usr_local_are_found_and_programs_are_not(machine: Path) -> None:
    executable(machine / "usr/local/bin/report", "#! /usr/bin/python3 -I\n")
    executable(machine / "usr/local/bin/program", "\x7fELF")
    (machine / "usr/local/bin/notes").write_text("#!/bin/sh\n")
    (found,) = read(Scripts, machine).items()
    assert found[0] == "/usr/local/bin/report"
    assert (found[1].kind, found[1].interpreter) == ("script", "/usr/bin/python3 -I")
    assert len(found[1].sha256) == 64


def test_a_job_of_a_package_is_found_only_if_it_was_edited(machine: Path) -> None:
    for name in ("packaged", "edited", "own"):
        executable(machine / "etc/cron.daily" / name, PACKAGED)
    digest = subprocess.run(
        ["md5sum"], input=PACKAGED, capture_output=True, text=True, check=True
    ).stdout.split()[0]
    status = STATUS.replace("1bd9d9f0a6d8c5bb5d8d6ae4e1f8b2d5", digest)
    status = status.replace(" /etc/", f" {machine}/etc/")
    (machine / "var/lib/dpkg/status").write_text(status)
    script = Scripts.script(RUN).replace("^ \\/etc\\/cron", "cron.daily")
    for place in ("/usr/local/", "/etc/", "/var/lib/dpkg/"):
        script = script.replace(f" {place}", f" {machine}{place}")
    output = subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    assert {key.rpartition("/")[2] for key in Scripts.parse(output, RUN)} == {"edited", "own"}


def test_lines_of_crontabs_are_found_with_their_user_and_environment(machine: Path) -> None:
    (machine / "etc/cron.d/own").write_text(
        "# a comment\nMAILTO=ada\nPATH=/opt/bin:/bin\n"
        "*/5 * * * * deploy backup --to '/a b' | logger %input\n"
        "@daily root date +\\%F\n17 * * * * root run-parts /etc/cron.hourly\nbroken\n"
    )
    (machine / "spool/ada").write_text("API_TOKEN=geheim\n1 2 3 4 5 sync\n")
    found = read(Scripts, machine)
    cron = [(s.user, s.command) for s in found.values() if s.user in ("deploy", "root", "ada")]
    assert ("deploy", "export PATH='/opt/bin:/bin' ; backup --to '/a b' | logger ") in cron
    assert ("root", "export PATH='/opt/bin:/bin' ; date +%F") in cron
    assert not [command for _, command in cron if "run-parts" in command]
    assert "geheim" not in repr(found)
    assert [user for user, _ in cron].count("ada") == 1


def test_services_of_own_timers_are_found(machine: Path) -> None:
    (machine / "etc/systemd/system/a.timer").write_text("[Timer]\nOnCalendar=daily\n")
    (machine / "etc/systemd/system/b.timer").write_text("[Timer]\nUnit=c.service\n")
    assert [s.command for s in read(Scripts, machine).values()] == ["a.service", "c.service"]


def test_a_script_is_run_and_its_output_is_reported(machine: Path) -> None:
    executable(
        machine / "usr/local/bin/backup",
        f"#!/bin/sh\necho x >{machine}/dump-20261129.sql; : >{machine}/empty\n"
        f"head -c 9000 /dev/zero >{machine}/image; echo done; echo oops >&2; read answer; exit 3\n",
    )
    found = read(ScriptRuns, machine)["/usr/local/bin/backup"]
    assert (found.exit_status, found.stdout, found.stderr) == (3, ("done",), ("oops",))
    assert {path.rpartition("/")[2]: text for path, text in found.texts.items()} == {
        "dump-H.sql": ("x",)
    }
    assert {path.rpartition("/")[2]: size for path, size in found.written.items()} == {
        "dump-H.sql": 2,
        "empty": 0,
        "image": 9000,
    }


def test_no_script_is_run_unless_the_plan_requires_it() -> None:
    assert ScriptRuns.script(ProbeInputs()) == ":"


def test_a_script_that_did_not_end_is_reported() -> None:
    text = "script\tscript\t/usr/local/bin/a\t/usr/local/bin/a\njob\t0\ttimeout\t0\t\t0\t\n"
    assert ScriptRuns.parse(text, RUN) == {
        "/usr/local/bin/a": ScriptRun(problem="it did not end in 60 s")
    }


@pytest.mark.parametrize("ending", ["dpkg-dist", "dpkg-old", "bak~"])
def test_files_that_cron_does_not_read_are_no_jobs(machine: Path, ending: str) -> None:
    executable(machine / f"etc/cron.daily/report.{ending}", "#!/bin/sh\nexit 1\n")
    (machine / f"etc/cron.d/report.{ending}").write_text("0 5 * * * root /usr/bin/report\n")
    assert read(Scripts, machine) == {}
