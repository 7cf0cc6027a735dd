"""Read lines of crontabs, and the scripts of cron's folders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from upgradeproof.probes.owners import merged

FOLDERS = ("hourly", "daily", "weekly", "monthly")
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\s*=")
_FIELD = r"[0-9A-Za-z*,/~-]+"
_LINE = re.compile(rf"(@\w+|{_FIELD}(?:\s+{_FIELD}){{4}})\s+(\S.*)")
_FOLDER = re.compile(r"/etc/cron\.(hourly|daily|weekly|monthly)\b")
_ANACRON = re.compile(r"(@?\w+)\s+\d+\s+\S+\s+(\S.*)")
_ONLY_UNDER_SYSTEMD = re.compile(r"(?:\[|test)\s+-[de]\s+/run/systemd/system\s*\]?\s*&&(?!\s*exit)")
_ABSOLUTE = re.compile(r"(?<![\w.$}~*/-])/(?:[\w.+@-]+/)+[\w.+@-]+")
_TESTED = re.compile(
    r"(?:\[|\btest)\s+(?:!\s+)?-\w\s+\S+(?:\s+-[ao]\s+(?:\\?!\s+)?-\w\s+\S+)*\s*\]?"
)
_PROGRAM_FOLDERS = re.compile(
    r"/etc/cron\.\w+/.+|.*/(?:bin|sbin|libexec|lib|local|opt|share|home|root|srv)/.+"
)
WRAPPERS = frozenset(
    [
        "sh",
        "bash",
        "dash",
        "test",
        "nice",
        "ionice",
        "chrt",
        "flock",
        "env",
        "timeout",
        "run-parts",
        "command",
        "perl",
        "python",
        "python3",
        "php",
        "ruby",
        "sleep",
        "find",
        "rm",
        "sudo",
        "su",
        "runuser",
        "setpriv",
        "systemctl",
        "systemd-run",
        "systemd-cat",
        "logger",
        "savelog",
        "cat",
        "echo",
        "mail",
        "gzip",
        "tar",
        "cp",
        "mv",
        "mkdir",
        "chown",
        "chmod",
        "touch",
        "date",
        "grep",
        "sed",
        "awk",
        "xargs",
        "true",
        "false",
        "curl",
        "wget",
    ]
)
"""Programs that run others, or that any job may use: two jobs that share one are not the same."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a crontab that runs a command."""

    schedule: str
    user: str
    command: str


def line(text: str, user: str = "") -> Line | None:
    """Return a line of a crontab; without ``user`` its sixth field names the user.

    None for settings, comments, and what cron could not read either.
    """
    text = text.strip()
    if text.startswith("#") or _SETTING.match(text) or not (match := _LINE.fullmatch(text)):
        return None
    schedule, rest = " ".join(match[1].split()), match[2]
    if not user:
        user, _, rest = rest.partition(" ") if " " in rest else rest.partition("\t")
    command = " ".join(rest.split())
    return Line(schedule=schedule, user=user, command=command) if command else None


def folder(command: str) -> str:
    """Return which of cron's folders a command runs as a whole, such as ``daily``; or ""."""
    match = _FOLDER.search(command) if "run-parts" in command else None
    return match[1] if match else ""


def anacron_line(text: str) -> tuple[str, str] | None:
    """Return the schedule and the folder of a line of anacrontab(5), such as ``1 day, daily``."""
    match = _ANACRON.fullmatch(text.strip())
    if not match or not (name := folder(match[2])):
        return None
    return match[1], name


def idle_under_systemd(lines: Sequence[str]) -> bool:
    """Return whether a job ends at once where systemd runs, since a timer takes its place.

    A script must contain a test that is followed by ``exit``; a single command the test.
    """
    for at, text in enumerate(lines):
        if "/run/systemd/system" not in text:
            continue
        whole = (
            text.rstrip("\\") + lines[at + 1] if text.endswith("\\") and lines[at + 1 :] else text
        )
        if _ONLY_UNDER_SYSTEMD.search(text) and (
            not re.match(r"\s*if\b", text)
            or "systemctl" in whole
            or re.search(r"-[ef] /etc/", whole)
        ):
            continue
        if len(lines) == 1 or any(re.search(r"\bexit\b", near) for near in lines[at : at + 3]):
            return True
    return False


def programs(command: str) -> tuple[str, ...]:
    """Return the programs that a command runs, by their full path, without mere wrappers.

    What is only tested for (``[ -x /usr/sbin/a ]``) is left out, and so are files of /etc, /var...
    """
    found = (merged(path) for path in _ABSOLUTE.findall(without_tests(command)))
    return tuple(
        dict.fromkeys(
            path
            for path in found
            if _PROGRAM_FOLDERS.fullmatch(path) and path.rpartition("/")[2] not in WRAPPERS
        )
    )


def without_tests(command: str) -> str:
    """Return a command without what it only tests for: ``[ -x /usr/sbin/a ]``."""
    return _TESTED.sub(" ", command)
