"""Read what runs automatically at some time: systemd's timers, cron's jobs and at's."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.attribution import changed_package
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.job_table import at_jobs, crontabs, folders, read_table, timers
from upgradeproof.probes.jobs import SECTION, Schedule, amiss
from upgradeproof.probes.owners import CRON_OWNERS, UNIT_FOLDERS, UNIT_OWNERS, edited
from upgradeproof.probes.unix_sockets import split

_SCRIPT = (
    r"""
printf 'now\t%s\n' "$(date +%s)"
[ ! -d /run/systemd/system ] || printf 'systemd\n'
for name in cron crond anacron; do
  ! command -v $name >/dev/null || printf 'installed\t%s\n' $name
done
cat /proc/[0-9]*/comm 2>/dev/null | grep -xE 'crond?|atd' | sort -u | sed 's/^/running	/'
files=$(find /etc/crontab /etc/anacrontab /etc/cron.d /etc/cron.hourly /etc/cron.daily \
  /etc/cron.weekly /etc/cron.monthly /var/spool/cron/crontabs /var/spool/cron/atjobs -maxdepth 1 \
  -xtype f -size -128k ! -name '.*' ! -name '*[[:cntrl:]]*' \
  -printf 'file\t%p\t%m\t%u\n' 2>/dev/null | head -n 500)
printf '%s\n' "$files"
printf '%s\n' "$files" | cut -s -f 2 | tr '\n' '\0' | timeout 20 xargs -0 -r awk '
  FNR == 1 { count = 0 }
  !/^[ \t]*(#|$)/ && count++ < 200 { print "line\t" FILENAME "\t" substr($0, 1, 1000) }' 2>/dev/null
"""
    + CRON_OWNERS
    + r"""
[ -d /run/systemd/system ] || exit 0
timers=$(find UNIT_FOLDERS -maxdepth 1 -name '*.timer' ! -name '*@.timer' ! -name '* *' \
  -printf '%f\n' 2>/dev/null | sort -u)
shown=$(systemctl show --no-pager --property=Id,LoadState,ActiveState,UnitFileState,Unit \
  --property=TimersCalendar,TimersMonotonic,FragmentPath -- $timers '*.timer') || exit 1
printf '%s\n' "$shown" | sed 's/^/timer	/'
services=$(printf '%s\n' "$shown" | sed -n 's/^Unit=//p' | sort -u)
systemctl show --no-pager --property=Id,User,ExecStart -- $services | sed 's/^/service	/'
"""
    + UNIT_OWNERS
    + "exit 0\n"
)


class Schedules(Probe[Schedule]):
    """Read timers that have a unit file, crontabs, cron's folders, and at jobs.

    Keys: ``timer/NAME.timer``, ``FILE:COMMAND`` of a crontab (``cron.d/NAME:...``, ``crontab:...``,
    ``crontabs/USER:...``), ``cron.daily/NAME``, ``at/USER:COMMAND``. The line that has a folder run
    is the schedule of that folder's scripts and no job itself. At jobs that are due within a day
    are left out: the upgrade may see them run.
    """

    section = SECTION
    record: ClassVar[type[Record]] = Schedule

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; it fails where systemd is there and does not answer."""
        return _SCRIPT.replace("UNIT_FOLDERS", UNIT_FOLDERS)

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Schedule]:
        """Return the jobs; lines that cron can't read are left out, as cron does."""
        table = read_table(output)
        jobs: dict[str, Schedule] = dict(timers(table))
        for key, job in [*crontabs(table), *folders(table), *at_jobs(table)]:
            times = {*jobs[key].schedule, *job.schedule} if key in jobs else {*job.schedule}
            jobs[key] = job.model_copy(update={"schedule": tuple(sorted(times))})
        return jobs

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return which upgraded package brought, changed or took a job, if nothing is amiss.

        Never for a job that no other one replaces, nor for one that makes a program run twice.
        """
        key, _ = split(line.path, cls.section, before, after)
        was, now = (facts.sections.get(cls.section, {}).get(key) for facts in (before, after))
        job = now if isinstance(now, Schedule) else was
        if not isinstance(job, Schedule) or edited(job.source, after):
            return ""
        if amiss(before, after, key):
            return ""
        change = changed_package(job.package, before, after)
        return f"{job.source} is a file of {job.package}, which {change}" if change else ""
