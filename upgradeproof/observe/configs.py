"""Configuration files: what the services read at their start, in which format, and its check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import PurePosixPath

from upgradeproof.daemons import Daemon
from upgradeproof.errors import MachineError
from upgradeproof.globs import fits
from upgradeproof.machines import Machine
from upgradeproof.observe.services import Seen, unit_packages, units, workers
from upgradeproof.observe.writing import Entry
from upgradeproof.plan.expectations import ConfigFormat
from upgradeproof.probes import ConfigInput, ProbeInputs, read
from upgradeproof.probes.conffiles import Conffiles
from upgradeproof.probes.config_formats import parse_config
from upgradeproof.probes.config_reads import ConfigReads
from upgradeproof.probes.files import Files

MAXIMUM_FILES = 16
"""The maximum in a plan; the others are listed in a comment."""
WAIT_S = 10
"""After the last file that a service read. Most of the candidates are read by none, so that all of
30 s would always pass; a run of the plan waits for them."""
MIGRATED = (
    '"migrated": the upgrade may replace the file. If you edit the file, remove that line: then it'
    " must stay the same."
)
"""Written once, at the first of them."""
_ETC = "/etc/"
_ELSEWHERE = ("/etc/alternatives/", "/etc/init.d/", "/etc/systemd/", "/etc/apt/", "/etc/ssl/")
"""Folders whose files belong to the system: other probes read them."""
_SUFFIXES: Mapping[str, ConfigFormat] = {
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".ini": "ini",
}
_COMMENT = re.compile(r"\s*([#;].*)?")
_ASSIGNMENT = re.compile(r"\s*(export\s+)?[A-Za-z_]\w*=.*")
_SECTION = re.compile(r"\s*\[[^\[\]]+\]\s*")
_SETTING = re.compile(r"\s*[A-Za-z][\w.-]*(\s*=\s*|\s+)[^{};]+")


def candidates(seen: Seen) -> tuple[str, ...]:
    """Return the files below /etc that the packages added and that a service may read."""
    before, after = seen.bare[Files], seen.booted[Files]
    own = unit_packages(seen)
    return tuple(
        path
        for path, file in sorted(after.items())
        if path.startswith(_ETC)
        and file.type == "file"
        and path not in before
        and not path.startswith(_ELSEWHERE)
        and "/private/" not in path
        and (PurePosixPath(path).parent != PurePosixPath(_ETC) or file.package in own)
    )


def read_at_start(machine: Machine, seen: Seen) -> tuple[str, ...]:
    """Return the files that a process reads while the services are restarted."""
    paths, names = candidates(seen), units(seen)
    if not paths or not names:
        return ()
    inputs = ProbeInputs(
        configs=tuple(ConfigInput(path=path) for path in paths),
        services=names,
        configs_wait_s=WAIT_S,
    )
    found = read(machine, inputs, (ConfigReads,))[ConfigReads]
    return tuple(path for path in paths if path in found and found[path].read_at_start)


def configs(
    machine: Machine, seen: Seen, paths: Sequence[str], daemons: Mapping[str, Daemon]
) -> tuple[Entry, ...]:
    """Return the plan's configuration files, each with its format and its daemon's check."""
    checks = _checks(machine, seen, paths, daemons)
    tables = [_config(machine, seen, path, checks.get(path, "")) for path in paths]
    if first := next((table for table in tables if table.keys["change"]), None):
        explained = replace(first, source=f"{first.source}\n{MIGRATED}")
        tables[tables.index(first)] = explained
    return tuple(tables)


def chosen(paths: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files of the plan, and those above its maximum."""
    return tuple(paths[:MAXIMUM_FILES]), tuple(paths[MAXIMUM_FILES:])


def format_of(path: str, content: bytes) -> ConfigFormat:
    """Return the format of a file: by its suffix, else by the shape of each of its lines.

    A file that no parser accepts without a problem is ``text``, and so is a nested one.
    """
    suffix = PurePosixPath(path).suffix
    text = content.decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if not _COMMENT.fullmatch(line)]
    guess: ConfigFormat = _SUFFIXES.get(suffix, "text")
    if guess == "text" and lines:
        if _SECTION.fullmatch(lines[0]):
            guess = "ini"
        elif all(_ASSIGNMENT.fullmatch(line) for line in lines):
            guess = "env"
        elif all(_SETTING.fullmatch(line) for line in lines):
            guess = "keyvalue"
    settings, problem = parse_config(content, guess)
    return guess if settings and not problem else "text"


def _config(machine: Machine, seen: Seen, path: str, check: str) -> Entry:
    file = seen.booted[Files][path]
    try:
        format_name = format_of(path, machine.get(path))
    except MachineError:
        format_name = "text"
    edited = file.edited or path in seen.booted[Conffiles]
    brought = bool(file.package) and not edited
    of = f"unchanged from {file.package}" if brought else "edited" if edited else "of no package"
    return Entry(
        keys={
            "path": path,
            "format": "" if format_name == "text" else format_name,
            "check": check,
            "change": "migrated" if brought else "",
        },
        source=f"a service reads it at its start; {of}",
    )


def _checks(
    machine: Machine, seen: Seen, paths: Sequence[str], daemons: Mapping[str, Daemon]
) -> dict[str, str]:
    """Return the checks of the known daemons that accept their configuration, each by one file."""
    found: dict[str, str] = {}
    for daemon in running(seen, daemons):
        check = daemon.check.strip()
        free = [path for path in paths if path not in found]
        if not check or "\n" in check or "$" in check or not free:
            continue
        main = _main(free, daemon, seen)
        if main and machine.run(check).ok:
            found[main] = check
    return found


def running(seen: Seen, daemons: Mapping[str, Daemon]) -> Iterator[Daemon]:
    """Yield the known daemons of which the packages added a unit."""
    names = workers(seen)
    for daemon in daemons.values():
        if any(fits(name, daemon.units) for name in names):
            yield daemon


def _main(paths: Sequence[str], daemon: Daemon, seen: Seen) -> str:
    """Return the file that a daemon's check is about, or "".

    That is one that it names, else one that the daemon reads, else the first one of its packages.
    """
    files = seen.booted[Files]
    named = (path for path in paths if path in daemon.check.split())
    listed = (path for path in paths if is_read_by(daemon, path))
    packaged = (path for path in paths if fits(files[path].package, daemon.packages))
    return next(chain(named, listed, packaged), "")


def is_read_by(daemon: Daemon, path: str) -> bool:
    """Return whether a file is known as one that a daemon reads its configuration from."""
    globs = daemon.dump.files if daemon.dump else ()
    return path in daemon.check.split() or fits(path, globs)
