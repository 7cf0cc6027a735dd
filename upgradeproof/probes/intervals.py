"""How often a schedule runs: cron's five fields, and systemd's calendar events and intervals."""

from __future__ import annotations

import re
from collections.abc import Sequence

_FIELDS = 5
_WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_DAYS = {day: at for at, day in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_MONTHS = {
    month: at
    for at, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_UNITS_S = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1,
    "sec": 1,
    "min": 60,
    "h": 3600,
    "hr": 3600,
    "d": 86400,
    "day": 86400,
    "w": 604_800,
    "week": 604_800,
    "month": 2_629_800,
    "y": 31_557_600,
}
_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(us|ms|sec|s|min|month|hr|h|days?|d|weeks?|w|y)")
_CALENDAR = re.compile(
    r"(?:(?P<days>[A-Za-z][A-Za-z,.-]*) )?(?P<date>\S+-\S+-\S+|\S+-\S+) (?P<time>[^: ]+:\S+)"
)


def cron_per_day(schedule: str) -> float | None:
    """Return how often a line of a crontab runs in an average day; None where that is unknown.

    ``@reboot`` is 0: it has no interval.
    """
    if schedule == "@reboot":
        return 0.0
    fields = _WORDS.get(schedule, schedule).lower().split()
    if len(fields) != _FIELDS:
        return None
    minutes = _values(fields[0], 0, 59)
    hours = _values(fields[1], 0, 23)
    days = _values(fields[2], 1, 31)
    months = _values(fields[3], 1, 12, _MONTHS)
    weekdays = {day % 7 for day in _values(fields[4], 0, 7, _DAYS)}
    if not (minutes and hours and days and months and weekdays):
        return None
    by_date, by_week = len(days) / 31, len(weekdays) / 7
    # crontab(5): where both are restricted, either one is enough.
    either = not (fields[2].startswith("*") or fields[4].startswith("*"))
    share = by_date + by_week - by_date * by_week if either else by_date * by_week
    return len(minutes) * len(hours) * len(months) / 12 * share


def timer_per_day(schedule: Sequence[str]) -> float | None:
    """Return how often a timer elapses in an average day; None where that is unknown.

    ``schedule`` holds settings such as ``OnCalendar=*-*-* 06:00:00`` and ``OnUnitActiveUSec=1d``.
    """
    found = [
        count
        for setting in schedule
        for name, _, value in (setting.partition("="),)
        if (count := _calendar(value) if name == "OnCalendar" else _interval(name, value))
        is not None
    ]
    return sum(found) if found else None


def _interval(name: str, value: str) -> float | None:
    if name not in ("OnUnitActiveUSec", "OnUnitInactiveUSec"):
        return None  # once after the boot, or after the timer itself was started
    span = seconds(value)
    return 86_400 / span if span else None


def seconds(span: str) -> float:
    """Return the seconds of a time span as systemd prints it, such as ``1min 30s``."""
    return sum(
        float(count) * _UNITS_S[unit if unit in _UNITS_S else unit[:-1]]
        for count, unit in _SPAN.findall(span)
    )


def _calendar(event: str) -> float | None:
    match = _CALENDAR.match(event)
    if not match:
        return None
    hour, minute, *second = match["time"].split(":")
    *_, month, day = match["date"].split("-")
    counts = [
        len(_values(text.replace("..", "-"), low, high))
        for text, low, high in (
            (hour, 0, 23),
            (minute, 0, 59),
            (second[0].partition(".")[0] if second else "0", 0, 59),
            (month, 1, 12),
            (day.replace("~", ""), 1, 31),
        )
    ]
    days = (match["days"] or "*").lower().replace("..", "-")
    weekdays = _values(",".join(part[:7] for part in days.split(",")), 0, 6, _DAYS)
    if not all(counts) or not weekdays:
        return None
    hours, minutes, seconds, months, dates = counts
    return hours * minutes * seconds * months / 12 * dates / 31 * len(weekdays) / 7


def _values(field: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """Return the numbers that a field represents; none for a field that can't be read."""
    values: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else _value(first, names)
        end = high if first == "*" or (step and not last) else _value(last or first, names)
        if start is None or end is None or (step and not re.fullmatch("[1-9][0-9]{0,3}", step)):
            return frozenset()
        if start > end and names:  # Fri..Mon
            values |= set(range(start, high + 1)) | set(range(low, end + 1))
        values |= {at for at in range(start, end + 1, int(step or 1)) if low <= at <= high}
    return frozenset(values)


def _value(text: str, names: dict[str, int] | None) -> int | None:
    if names and text[:3] in names:
        return names[text[:3]]
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) else None
