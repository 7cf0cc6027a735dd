"""Lines of crontabs, and the programs that they run."""

from __future__ import annotations

import pytest

from upgradeproof.probes.crontabs import (
    Line,
    anacron_line,
    folder,
    idle_under_systemd,
    line,
    programs,
)


def test_a_line_of_a_system_crontab_names_its_user() -> None:
    assert line("2 * * * *\tlogs   nice -n10 /usr/sbin/check  -R") == Line(
        schedule="2 * * * *", user="logs", command="nice -n10 /usr/sbin/check -R"
    )
    assert line("@reboot root /usr/sbin/check") == Line(
        schedule="@reboot", user="root", command="/usr/sbin/check"
    )


def test_a_line_of_a_users_crontab_is_run_as_that_user() -> None:
    assert line("0 4 * * sun backup /srv", "app") == Line(
        schedule="0 4 * * sun", user="app", command="backup /srv"
    )


@pytest.mark.parametrize(
    "text", ["# 1 2 3 4 5 root x", "PATH=/bin", "MAILTO = root", "", "0 4 * *"]
)
def test_settings_and_comments_are_no_jobs(text: str) -> None:
    assert line(text) is None


def test_a_line_that_runs_a_folder_is_recognised() -> None:
    command = "test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )"
    assert folder(command) == "daily"
    assert not folder("/etc/cron.daily/backup")
    assert anacron_line("1\t5\tcron.daily\trun-parts --report /etc/cron.daily") == ("1", "daily")


@pytest.mark.parametrize(
    "lines",
    [
        ["test -e /run/systemd/system || /sbin/scrub"],
        ["[ -x /usr/bin/c ] && if [ ! -d /run/systemd/system ]; then /usr/bin/c; fi"],
        ["if [ -d /run/systemd/system ]; then", "  exit 0", "fi", "work"],
        ['if [ -d /run/systemd/system ] && [ "$T" != "timer" ]; then', "exit 0", "fi"],
        ["[ -d /run/systemd/system ] && exit 0", "work"],
    ],
)
def test_a_job_that_does_nothing_where_a_timer_runs_is_idle(lines: list[str]) -> None:
    assert idle_under_systemd(lines)


@pytest.mark.parametrize(
    "lines",
    [
        ["/usr/sbin/work"],
        ["if [ -d /run/systemd/system ]; then", "systemctl reload a", "fi", "work", "exit 0"],
        ["[ -d /run/systemd/system ] && systemctl try-restart a"],
        [
            "if [ -d /run/systemd/system ] && \\",
            "  systemctl -q is-enabled a; then",
            "exit 0",
            "fi",
        ],
    ],
)
def test_a_job_that_only_tests_for_systemd_is_not_idle(lines: list[str]) -> None:
    assert not idle_under_systemd(lines)


def test_wrappers_and_tests_are_not_programs_of_a_job() -> None:
    guarded = "if [ -x /usr/sbin/check ]; then nice -n10 /usr/sbin/check; fi"
    assert programs(guarded) == ("/usr/sbin/check",)
    assert programs("/bin/sh -c '/sbin/scrub >/var/log/scrub'") == ("/usr/sbin/scrub",)
    assert programs("test -x /usr/sbin/check && echo") == ()
