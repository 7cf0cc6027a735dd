"""Read the jobs out of what the script of the schedules prints."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from upgradeproof.probes.crontabs import (
    FOLDERS,
    anacron_line,
    folder,
    idle_under_systemd,
    line,
    programs,
)
from upgradeproof.probes.jobs import Schedule
from upgradeproof.probes.owners import merged, owner
from upgradeproof.probes.secrets import masked_command
from upgradeproof.probes.text import clean, number, rows

_ELAPSES = re.compile(r"(On\w+)=(.*?) ; next_elapse=")
_ARGV = re.compile(r"path=(.*?) ; argv\[\]=(.*?) ; ignore_errors=")
_CRON_READS = re.compile(r"[A-Za-z0-9_-]+")
"""Cron and run-parts ignore other names without a message."""
_LEFT_BY_DPKG = re.compile(r".*\.(?:dpkg|ucf)-\w+")
_AT_NAME = re.compile(r"[a-z=]([0-9a-f]{5})([0-9a-f]{8})")
_LONGEST_KEY = 120
_DAY_S = 86_400
_LAST_S = 253_402_300_799
"""The end of the year 9999, the last that Python knows."""


@dataclass
class Table:
    """What the script prints."""

    now: int = 0
    systemd: bool = False
    installed: set[str] = field(default_factory=set)
    running: set[str] = field(default_factory=set)
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Mode and owner by path."""
    lines: dict[str, list[str]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    timers: list[dict[str, list[str]]] = field(default_factory=list)
    services: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    @property
    def cron_fault(self) -> str:
        """Return why no job of cron's runs; empty where it does."""
        if not self.installed & {"cron", "crond"}:
            return "cron is not installed"
        return "" if self.running & {"cron", "crond"} else "cron is not running"


def read_table(output: str) -> Table:
    """Return what the script prints; lines of another shape are left out."""
    table = Table()
    blocks: dict[str, list[dict[str, list[str]]]] = {"timer": [{}], "service": [{}]}
    for cells in rows(clean(output)):
        match cells:
            case ["now", text]:
                table.now = number(text) or 0
            case ["systemd"]:
                table.systemd = True
            case ["file", path, mode, user] if re.fullmatch("[0-7]{1,5}", mode):
                table.files[path] = (int(mode, 8), user)
            case ["line", path, *texts]:
                table.lines.setdefault(path, []).append("\t".join(texts))
            case ["owner", package, path]:
                table.owners[merged(path)] = package
            case [("installed" | "running") as what, name]:
                (table.installed if what == "installed" else table.running).add(name)
            case [("timer" | "service") as what, *texts]:
                _add(blocks[what], "\t".join(texts))
    table.timers = blocks["timer"]
    table.services = {_one(block, "Id"): block for block in blocks["service"]}
    return table


def _add(blocks: list[dict[str, list[str]]], text: str) -> None:
    """Add a line of ``systemctl show``; an empty one ends a unit."""
    name, equals, value = text.partition("=")
    if equals:
        blocks[-1].setdefault(name, []).append(value)
    else:
        blocks.append({})


def _one(block: Mapping[str, list[str]], name: str) -> str:
    return block.get(name, [""])[0]


def timers(table: Table) -> Iterator[tuple[str, Schedule]]:
    """Yield the timers that have a unit file, with what their service starts."""
    for block in table.timers:
        source = _one(block, "FragmentPath")
        if _one(block, "LoadState") not in ("loaded", "masked") or not _one(block, "Id"):
            continue
        if "/transient/" in source:
            continue
        service = table.services.get(_one(block, "Unit"), {})
        commands = [found for text in service.get("ExecStart", []) for found in _ARGV.findall(text)]
        elapses = block.get("TimersCalendar", []) + block.get("TimersMonotonic", [])
        active = _one(block, "ActiveState") in ("active", "activating", "reloading")
        texts = [argv for _, argv in commands]
        yield (
            f"timer/{_one(block, 'Id')}",
            Schedule(
                kind="timer",
                schedule=tuple(
                    sorted(f"{on}={at}" for text in elapses for on, at in _ELAPSES.findall(text))
                ),
                user=_one(service, "User"),
                command=masked_command("; ".join(texts)),
                unit=_one(block, "Unit"),
                source=merged(source),
                programs=_merge(programs(text) for text in texts),
                package=owner(table.owners, source),
                inactive=""
                if active
                else " ".join(["the timer is", _one(block, "UnitFileState"), "and not active"]),
            ),
        )


def _merge(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def crontabs(table: Table) -> Iterator[tuple[str, Schedule]]:
    """Yield the jobs of /etc/crontab, /etc/cron.d and users' crontabs, but not those of folders."""
    for path, user in _tables(table):
        name = path.rpartition("/")[2]
        package = owner(table.owners, path)
        for text in table.lines.get(path, []):
            job = line(text, user)
            if job is None or folder(job.command):
                continue
            inactive = table.cron_fault
            if "/cron.d/" in path and not _CRON_READS.fullmatch(name):
                inactive = "cron does not read a file of this name"
            elif table.systemd and idle_under_systemd([job.command]):
                inactive = "it does nothing where systemd runs"
            command = masked_command(job.command)
            yield (
                _key(path.removeprefix("/etc/").removeprefix("/var/spool/cron/"), command),
                Schedule(
                    kind="cron",
                    schedule=(job.schedule,),
                    user=job.user,
                    command=command,
                    source=path,
                    programs=programs(job.command),
                    package=package,
                    inactive=inactive,
                ),
            )


def _tables(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the crontabs with their user; empty for those that name the user in each line."""
    for path in sorted(table.files):
        name = path.rpartition("/")[2]
        if path == "/etc/crontab" or (
            path.startswith("/etc/cron.d/") and not _LEFT_BY_DPKG.fullmatch(name)
        ):
            yield path, ""
        elif path.startswith("/var/spool/cron/crontabs/"):
            yield path, name


def folders(table: Table) -> Iterator[tuple[str, Schedule]]:
    """Yield the scripts of cron's folders, with the schedule of what runs their folder."""
    for path, (mode, _) in sorted(table.files.items()):
        match = re.fullmatch(r"/etc/cron\.(\w+)/(.+)", path)
        if not match or match[1] not in FOLDERS or _LEFT_BY_DPKG.fullmatch(match[2]):
            continue
        times = _times(table, match[1])
        inactive = "" if "anacron" in table.installed else table.cron_fault
        if not _CRON_READS.fullmatch(match[2]):
            inactive = "cron does not read a file of this name"
        elif not mode & 0o111:
            inactive = "the script is not executable"
        elif not times:
            inactive = f"nothing runs /etc/cron.{match[1]}"
        elif table.systemd and idle_under_systemd(table.lines.get(path, [])):
            inactive = "it does nothing where systemd runs"
        yield (
            f"cron.{match[1]}/{match[2]}",
            Schedule(
                kind="cron",
                schedule=times,
                user="root",
                command=path,
                source=path,
                programs=(path,),
                package=owner(table.owners, path),
                inactive=inactive,
            ),
        )


def _times(table: Table, name: str) -> tuple[str, ...]:
    """Return when a folder is run: by anacron where it is installed, else by cron's own table."""
    if "anacron" in table.installed:
        read = (anacron_line(text) for text in table.lines.get("/etc/anacrontab", []))
        if found := tuple(sorted(f"{job[0]} by anacron" for job in read if job and job[1] == name)):
            return found
    jobs = (
        job
        for path, user in _tables(table)
        for job in (line(text, user) for text in table.lines.get(path, []))
    )
    return tuple(sorted({job.schedule for job in jobs if job and folder(job.command) == name}))


def at_jobs(table: Table) -> Iterator[tuple[str, Schedule]]:
    """Yield the at jobs that are due in more than a day, keyed by user and last command."""
    for path, (_, user) in sorted(table.files.items()):
        match = _AT_NAME.fullmatch(path.removeprefix("/var/spool/cron/atjobs/"))
        due = int(match[2], 16) * 60 if match else 0
        if not match or due <= table.now + _DAY_S or due > _LAST_S:
            continue
        command = masked_command(table.lines.get(path, [""])[-1])
        yield (
            _key(f"at/{user}", command),
            Schedule(
                kind="at",
                schedule=(datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%d %H:%M UTC"),),
                user=user,
                command=command,
                source=path.rpartition("/")[0],
                programs=programs(command),
                inactive="" if "atd" in table.running else "atd is not running",
            ),
        )


def _key(name: str, command: str) -> str:
    """Return a key that is the same for the same command at another time."""
    if len(command) > _LONGEST_KEY:
        digest = hashlib.sha256(command.encode("utf-8", "replace")).hexdigest()[:8]
        command = f"{command[:_LONGEST_KEY]}... #{digest}"
    return f"{name}:{command}"
