"""A scheduled job, and what an upgrade may do to it: lost, doubled, at another time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from upgradeproof.probes.base import Facts, Record
from upgradeproof.probes.crontabs import WRAPPERS, without_tests
from upgradeproof.probes.intervals import cron_per_day, timer_per_day
from upgradeproof.probes.package_changes import distribution_upgraded

SECTION = "schedules"
_MUCH = 2
"""By what factor a package may not make a job of its own rarer or more frequent unnoticed."""
_SEPARATORS = re.compile(r"[;&|(){}\n]+")
_WORD = re.compile(r"[A-Za-z][\w.+@:-]*")


class Schedule(Record):
    """One job: what runs, when, as whom; and why it does not, if it does not."""

    kind: str
    """``timer``, ``cron`` or ``at``."""
    schedule: tuple[str, ...] = ()
    """As its source has it: ``30 6 * * *``, ``OnCalendar=*-*-* 06:00:00``. For at: the time."""
    user: str = ""
    """Empty for root in a timer's service."""
    command: str = ""
    """Secrets masked; of a timer: what its service starts."""
    unit: str = ""
    """The unit that a timer starts."""
    source: str = ""
    """The file that defines it."""
    programs: tuple[str, ...] = ()
    """By their full paths, without shells and other wrappers."""
    package: str = ""
    """That brings the source; empty for a job of the administrator's."""
    inactive: str = ""
    """Why it never runs; empty for a job that does."""

    @property
    def per_day(self) -> float | None:
        """Return how often it runs in an average day; None where that is unknown."""
        if self.kind == "timer":
            return timer_per_day(self.schedule)
        counts = [cron_per_day(one) for one in self.schedule]
        return None if None in counts or not counts else sum(count or 0.0 for count in counts)

    @property
    def when(self) -> str:
        """Return the schedule on one line."""
        return ", ".join(self.schedule)


def amiss(before: Facts, after: Facts, key: str) -> bool:
    """Return whether a job is one that the suite complains about."""
    was, now = ((facts.sections.get(SECTION, {})) for facts in (before, after))
    old = {name: job for name, job in was.items() if isinstance(job, Schedule)}
    new = {name: job for name, job in now.items() if isinstance(job, Schedule)}
    if key in other_users(old, new) and not distribution_upgraded(before.sections, after.sections):
        return True
    return key in lost(old, new) or key in dict(doubled(old, new)) or key in retimed(old, new)


def lost(before: Mapping[str, Schedule], after: Mapping[str, Schedule]) -> tuple[str, ...]:
    """Return the jobs that ran before, and that nothing runs any more.

    A job is not lost where another one runs the same program, or where its package brings another
    one that did not run before.
    """
    running = {key: job for key, job in after.items() if not job.inactive}
    return tuple(
        key
        for key, job in before.items()
        if not job.inactive
        and key not in running
        and not any(
            alike(job, other, by_package=name not in before or bool(before[name].inactive))
            for name, other in running.items()
        )
    )


def doubled(
    before: Mapping[str, Schedule], after: Mapping[str, Schedule]
) -> tuple[tuple[str, str], ...]:
    """Return pairs of jobs: one that is new or newly active, and an old one that does the same.

    Two lines of one crontab may run a program on purpose, so the pair has to be of two kinds, or of
    two files. What never repeats (``@reboot``) doubles nothing. Jobs of one package do the same
    where their commands run one program, or where one of them does not show what it runs.
    """
    old = {k: j for k, j in after.items() if k in before and not (j.inactive or before[k].inactive)}
    new = {k: j for k, j in after.items() if not j.inactive and k not in old}
    return tuple(
        (key, other)
        for key, job in new.items()
        for other, earlier in old.items()
        if job.source != earlier.source and job.per_day != 0 and earlier.per_day != 0
        if alike(
            job, earlier, by_package=job.kind != earlier.kind and _may_do_the_same(job, earlier)
        )
    )


def retimed(before: Mapping[str, Schedule], after: Mapping[str, Schedule]) -> tuple[str, ...]:
    """Return the jobs that run at least twice as often as before, or half as often.

    Those of no package, whose schedule only the administrator sets, count with any change.
    """
    found = []
    for key, job in before.items():
        now = after.get(key)
        if now is None or job.inactive or now.inactive or job.schedule == now.schedule:
            continue
        was_count, count = job.per_day, now.per_day
        rate = count / was_count if was_count and count else None
        if not job.package or rate is None or not 1 / _MUCH < rate < _MUCH:
            found.append(key)
    return tuple(found)


def other_users(before: Mapping[str, Schedule], after: Mapping[str, Schedule]) -> tuple[str, ...]:
    """Return the jobs that another user runs than before."""
    return tuple(
        key
        for key, job in before.items()
        if (now := after.get(key))
        and not (job.inactive or now.inactive)
        and (job.user or "root") != (now.user or "root")
    )


def alike(one: Schedule, other: Schedule, *, by_package: bool = True) -> bool:
    """Return whether two jobs do the same: they run the same program, or are of one package.

    A program that is run for different tasks (``tool report``, ``tool compact``) is not the same.
    """
    shared = {path.rpartition("/")[2] for path in set(one.programs) & set(other.programs)}
    if _share_a_task(shared, one, other):
        return True
    return by_package and bool(one.package) and one.package == other.package


def _may_do_the_same(one: Schedule, other: Schedule) -> bool:
    """Return whether the commands of two jobs run one program, as far as they are known.

    Of a script in one of cron's folders only the path is known.
    """
    if any(job.command in ("", job.source) for job in (one, other)):
        return True
    return _share_a_task(_tasks(one).keys() & _tasks(other).keys(), one, other)


def _share_a_task(names: Iterable[str], one: Schedule, other: Schedule) -> bool:
    """Return whether two jobs run one of these programs, and not with other words after it."""
    first, second = _tasks(one), _tasks(other)
    none: frozenset[str] = frozenset()
    pairs = [(first.get(name, none), second.get(name, none)) for name in names]
    return any(not (words and others) or bool(words & others) for words, others in pairs)


def _tasks(job: Schedule) -> dict[str, frozenset[str]]:
    """Return the names of the programs that a job's command runs, each with the words after it.

    Options, paths and numbers are no such words: they seldom decide what a program does.
    """
    found: dict[str, frozenset[str]] = {}
    paths = {path.rpartition("/")[2] for path in job.programs}
    for part in _SEPARATORS.split(without_tests(job.command)):
        words = [word.strip("'\"") for word in part.split()]
        names = [word.rpartition("/")[2] for word in words]
        first = True
        for at, name in enumerate(names):
            if not _WORD.fullmatch(name) or name in WRAPPERS or not (first or name in paths):
                continue
            first = False
            after = frozenset(word for word in words[at + 1 :] if _WORD.fullmatch(word))
            found[name] = found.get(name, frozenset()) | after
    return found
