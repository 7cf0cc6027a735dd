"""Jobs of timers, cron and at, and their problems after an upgrade."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.base import Difference, Facts
from upgradeproof.probes.conffiles import Conffiles
from upgradeproof.probes.crontabs import programs
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.jobs import Schedule, doubled, lost, other_users, retimed
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.schedules import Schedules

CRON = "installed\tcron\nrunning\tcron\nsystemd\n"
CRONTAB = (
    "file\t/etc/crontab\t644\troot\n"
    "line\t/etc/crontab\t25 6 * * * root cd / && run-parts --report /etc/cron.daily\n"
)


def parsed(text: str) -> dict[str, Schedule]:
    return Schedules.parse(text, ProbeInputs())


def test_timers_and_cron_jobs_of_a_real_machine_are_read() -> None:
    jobs = parsed(captured("schedules"))
    assert jobs["timer/logrotate.timer"].when == "OnCalendar=*-*-* 00:00:00"
    assert jobs["timer/logrotate.timer"].programs == ("/usr/sbin/logrotate",)
    assert jobs["timer/logrotate.timer"].package == "logrotate"
    assert jobs["cron.daily/logrotate"].inactive == "it does nothing where systemd runs"
    assert jobs["cron.daily/exim4-base"].inactive == "it does nothing where systemd runs"
    key = "cron.d/logcheck:if [ -x /usr/sbin/logcheck ]; then nice -n10 /usr/sbin/logcheck; fi"
    assert jobs[key].user == "logcheck"
    assert not jobs[key].inactive


def test_the_schedule_of_a_folders_scripts_is_that_of_its_crontab_line() -> None:
    script = "file\t/etc/cron.daily/backup\t755\troot\nline\t/etc/cron.daily/backup\ttar\n"
    assert parsed(CRON + CRONTAB + script)["cron.daily/backup"].schedule == ("25 6 * * *",)
    assert parsed(CRON + script)["cron.daily/backup"].inactive == "nothing runs /etc/cron.daily"


def test_a_job_that_cron_ignores_is_inactive() -> None:
    jobs = parsed(
        CRON + CRONTAB + "file\t/etc/cron.daily/a\t644\troot\n"
        "file\t/etc/cron.daily/b.sh\t755\troot\n"
        "file\t/etc/cron.daily/c.dpkg-dist\t755\troot\n"
    )
    assert jobs["cron.daily/a"].inactive == "the script is not executable"
    assert jobs["cron.daily/b.sh"].inactive == "cron does not read a file of this name"
    assert "cron.daily/c.dpkg-dist" not in jobs


def test_without_cron_its_jobs_are_inactive() -> None:
    table = "file\t/var/spool/cron/crontabs/app\t600\tapp\nline\t/var/spool/cron/crontabs/app\t"
    key = "crontabs/app:/usr/bin/x"
    assert parsed(f"{table}@daily /usr/bin/x\n")[key].inactive == "cron is not installed"
    stopped = f"installed\tcron\n{table}@daily /usr/bin/x\n"
    assert parsed(stopped)[key].inactive == "cron is not running"


def test_secrets_of_commands_are_masked() -> None:
    jobs = parsed(
        "file\t/etc/cron.d/a\t644\troot\n"
        "line\t/etc/cron.d/a\t1 1 * * * root dump --password=hunter2 -u app:hunter3\n"
    )
    assert "hunter" not in str(jobs)


def test_an_at_job_that_is_due_soon_is_ignored() -> None:
    def at(minutes: int) -> str:
        path = f"/var/spool/cron/atjobs/a00001{minutes:08x}"
        return f"now\t0\nrunning\tatd\nfile\t{path}\t700\tapp\nline\t{path}\t/usr/bin/x\n"

    assert not parsed(at(60))
    job = parsed(at(10 * 24 * 60))["at/app:/usr/bin/x"]
    assert (job.schedule, job.inactive) == (("1970-01-11 00:00 UTC",), "")


def cron(schedule: str = "30 6 * * *", *, inactive: str = "", package: str = "check") -> Schedule:
    return Schedule(
        kind="cron",
        schedule=(schedule,),
        source="/etc/cron.d/check",
        programs=("/usr/sbin/check",),
        package=package,
        inactive=inactive,
    )


def timer(schedule: str = "OnCalendar=*-*-* *:02:00", **fields: Any) -> Schedule:
    values: dict[str, Any] = {
        "kind": "timer",
        "schedule": (schedule,),
        "source": "/usr/lib/systemd/system/check.timer",
        "programs": ("/usr/sbin/check",),
        "package": "check",
    }
    return Schedule(**(values | fields))


def test_a_program_that_cron_and_a_new_timer_run_is_doubled() -> None:
    before, after = {"c": cron()}, {"c": cron(), "t": timer()}
    assert doubled(before, after) == (("t", "c"),)
    other_program = timer(programs=("/usr/lib/check/run",))
    assert doubled(before, {"c": cron(), "t": other_program}) == (("t", "c"),)


@pytest.mark.parametrize(
    ("cron_command", "timer_command", "same"),
    [
        ("toolctl compact", "/usr/bin/toolctl report", False),
        ("/usr/bin/toolctl compact", "/usr/bin/toolctl report", False),
        ("nice -n 10 /usr/bin/toolctl -q compact", "/usr/bin/toolctl --all report", False),
        ("cleaner", "/usr/bin/toolctl report", False),
        ("toolctl report", "/usr/bin/toolctl report", True),
        ("[ -x /usr/bin/toolctl ] && toolctl -q report", "/usr/bin/toolctl report --all", True),
        ("/usr/bin/toolctl -u app report", "/usr/bin/toolctl report", True),
        ("/usr/bin/toolctl report", "/usr/bin/toolctl", True),
        ("/etc/cron.daily/tool", "/usr/bin/toolctl report", True),
        ("", "/usr/bin/toolctl report", True),
    ],
)
def test_jobs_of_one_package_are_doubled_where_they_run_one_program_for_one_task(
    cron_command: str, timer_command: str, same: bool
) -> None:
    old = timer(command=timer_command, programs=programs(timer_command))
    source = cron_command if cron_command.startswith("/etc/cron.daily") else "/etc/cron.d/tool"
    new = cron().model_copy(
        update={
            "command": cron_command,
            "programs": programs(cron_command),
            "source": source,
        }
    )
    assert doubled({"t": old}, {"t": old, "c": new}) == ((("c", "t"),) if same else ())


def test_a_job_is_lost_where_its_program_runs_for_another_task_only() -> None:
    jobs = {
        word: timer(command=f"/usr/bin/toolctl {word}", programs=("/usr/bin/toolctl",))
        for word in ("report", "compact")
    }
    assert lost(jobs, {"compact": jobs["compact"]}) == ("report",)


def test_a_cron_job_that_is_idle_because_of_the_timer_is_neither_doubled_nor_lost() -> None:
    before = {"c": cron("0 0 * * *")}
    after = {"c": cron("0 0 * * *", inactive="idle"), "t": timer("OnCalendar=*-*-* 00:00:00")}
    assert not doubled(before, after)
    assert not lost(before, after)


def test_a_second_timer_of_a_package_doubles_nothing() -> None:
    first, second = timer(programs=("/usr/bin/a",)), timer(programs=("/usr/bin/b",))
    assert not doubled({"a": first}, {"a": first, "b": second})


def test_a_job_at_the_start_only_is_doubled_by_nothing() -> None:
    assert not doubled({"c": cron("@reboot")}, {"c": cron("@reboot"), "t": timer()})


def test_a_job_that_nothing_replaces_is_lost() -> None:
    assert lost({"c": cron()}, {}) == ("c",)
    assert lost({"c": cron()}, {"c": cron(inactive="cron is not installed")}) == ("c",)
    old_timer = {"t": timer(programs=("/usr/bin/b",))}
    assert lost({"c": cron()} | old_timer, old_timer) == ("c",)
    assert not lost({"c": cron(inactive="idle")}, {})


def test_a_job_at_another_time_is_compared_by_its_interval() -> None:
    assert retimed({"t": timer()}, {"t": timer("OnCalendar=*-*-* 00:00:00")}) == ("t",)
    assert not retimed(
        {"t": timer("OnCalendar=*-*-* 01:00:00")}, {"t": timer("OnCalendar=*-*-* 00:00:00")}
    )
    assert not retimed({"c": cron("1 6 * * *")}, {"c": cron("9 6 * * *")})
    own = {"c": cron("1 6 * * *", package="")}
    assert retimed(own, {"c": cron("9 6 * * *", package="")}) == ("c",)


def facts(version: str, **jobs: Schedule) -> Facts:
    package = Package(version=version, state="install ok installed")
    return Facts(
        {Packages.section: {"check": package}, Conffiles.section: {}, Schedules.section: jobs}
    )


def explained(key: str, before: Facts, after: Facts) -> str:
    line = Difference(path=f"schedules/{key}", before=None, after="x")
    return Schedules.explain(line, before, after)


def test_a_timer_in_place_of_a_cron_job_is_attributed_to_their_package() -> None:
    before = facts("1", c=cron())
    after = facts("2", c=cron(inactive="idle"), t=timer())
    assert "check, which went from 1 to 2" in explained("t", before, after)
    assert "check, which went from 1 to 2" in explained("c/inactive", before, after)


def test_a_problem_is_attributed_to_no_package() -> None:
    assert not explained("t", facts("1", c=cron()), facts("2", c=cron(), t=timer()))
    assert not explained("c", facts("1", c=cron()), facts("2"))
    assert not explained("c", facts("2", c=cron(package="")), facts("2"))


def test_another_user_is_attributed_to_no_package_but_to_a_new_distribution() -> None:
    before, after = (
        facts(version, c=cron().model_copy(update={"user": user}))
        for version, user in (("1", "app"), ("2", "root"))
    )
    assert not explained("c/user", before, after)
    assert other_users({"c": timer(user="")}, {"c": timer(user="root")}) == ()
    systems = (
        {"system": OperatingSystem(state="running", id="debian", version=version)}
        for version in ("12", "13")
    )
    was, now = (
        each.joined(Facts({"system": system}))
        for each, system in zip((before, after), systems, strict=True)
    )
    assert "check, which went from 1 to 2" in explained("c/user", was, now)
