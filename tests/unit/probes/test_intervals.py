"""The number of runs of a schedule."""

from __future__ import annotations

import pytest

from upgradeproof.probes.intervals import cron_per_day, timer_per_day


@pytest.mark.parametrize(
    ("schedule", "count"),
    [
        ("2 * * * *", 24),
        ("30 6 * * *", 1),
        ("*/15 8-17 * * 1-5", 4 * 10 * 5 / 7),
        ("0 0 * * mon", 1 / 7),
        ("@daily", 1),
        ("@reboot", 0),
        ("0 0 1 1 *", 1 / 31 / 12),
        ("0 4 1 * 7", 1 / 31 + 1 / 7 - 1 / 31 / 7),
        ("5,35 * * * *", 48),
    ],
)
def test_lines_of_a_crontab_are_counted(schedule: str, count: float) -> None:
    assert cron_per_day(schedule) == pytest.approx(count)


@pytest.mark.parametrize("schedule", ["", "* * *", "x * * * *", "*/0 * * * *", "61 * * * *"])
def test_what_cron_could_not_read_has_no_count(schedule: str) -> None:
    assert cron_per_day(schedule) is None


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        (["OnCalendar=*-*-* *:02:00"], 24),
        (["OnCalendar=*-*-* 06,18:00:00"], 2),
        (["OnCalendar=Sun *-*-* 03:10:00"], 1 / 7),
        (["OnCalendar=Mon..Fri *-*-* 00:00:00"], 5 / 7),
        (["OnBootUSec=15min", "OnUnitActiveUSec=1d"], 1),
        (["OnUnitActiveUSec=2h 30min"], 9.6),
        (["OnCalendar=*-*-* *:00/10:00"], 144),
        (["OnCalendar=*-*-01 00:00:00"], 1 / 31),
    ],
)
def test_timers_are_counted(settings: list[str], count: float) -> None:
    assert timer_per_day(settings) == pytest.approx(count)


@pytest.mark.parametrize("settings", [[], ["OnBootUSec=5min"], ["OnCalendar=?"], ["x"]])
def test_a_timer_without_an_interval_has_no_count(settings: list[str]) -> None:
    assert timer_per_day(settings) is None
