"""Read a live server: its facts, its files and what a twin can't have, in three commands."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upgradeproof.capture import stream
from upgradeproof.captured import PROBES
from upgradeproof.errors import PlanError, ServerError
from upgradeproof.machines import Machine
from upgradeproof.machines.ssh import FOLDER
from upgradeproof.probes import Facts, ProbeInputs, read
from upgradeproof.probes.text import clean, number, rows

READ_TIMEOUT_S = 900.0
_PRELUDE = f"""
TMPDIR=$d; export TMPDIR
printf 'Dir::Cache::pkgcache "";\\nDir::Cache::srcpkgcache "";\\n' >"$d/apt.conf"
export APT_CONFIG="$d/apt.conf"
journalctl() {{ :; }}
: {FOLDER}
"""
"""apt keeps no cache, and no line of a log leaves the server: it may hold a secret."""
_ABOUT = f"export TMPDIR={FOLDER}\n" + Path(__file__).with_name("about.sh").read_text("utf-8")


@dataclass
class About:
    """The server's system, and what a container can't have of it."""

    architecture: str = ""
    name: str = ""
    os: dict[str, str] = field(default_factory=dict)
    kernel: str = ""
    virtual: str = ""
    addresses: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    disks: list[str] = field(default_factory=list)
    mounts: dict[str, str] = field(default_factory=dict)
    sources: list[tuple[str, str, str]] = field(default_factory=list)
    """URL, suite with component, and origin of each source that apt has lists of."""
    sizes: dict[str, int] = field(default_factory=dict)
    """Of folders of data, in KiB."""


@dataclass(frozen=True, kw_only=True)
class Captured:
    """Everything that was read of a server; it contains no secret."""

    about: About
    facts: Facts
    walked: stream.Walked
    data: tuple[str, ...]


def read_server(machine: Machine, about: About, data: Sequence[str] = ()) -> Captured:
    """Read a server. Raises ServerError when it can't be read, PlanError for a path of data."""
    for path in data:
        _check_data(machine, path)
    facts = read(machine, ProbeInputs(), PROBES, folder=FOLDER, prelude=_PRELUDE)
    done = machine.run(stream.script(data=data), timeout_s=READ_TIMEOUT_S)
    if not done.ok:
        raise ServerError(
            f"the files of {machine.name} could not be read",
            details=done.stderr[-2000:].decode("utf-8", "replace"),
            resolution="check that perl-base is installed, which is essential in Debian and Ubuntu",
        )
    return Captured(about=about, facts=facts, walked=stream.parse(done.stdout), data=tuple(data))


def about_server(machine: Machine) -> About:
    """Return the server's system. Raises ServerError if it is not of Debian's family."""
    has_dpkg = machine.run("command -v dpkg-query apt-cache perl >/dev/null")
    if not has_dpkg.ok:
        system = machine.run("sed -n 's/^PRETTY_NAME=//p' /etc/os-release").text
        raise ServerError(
            f"{machine.name} has no dpkg, apt and perl: only Debian's family can be captured",
            details=clean(system),
        )
    return parse_about(machine.run(_ABOUT, timeout_s=READ_TIMEOUT_S).text)


def parse_about(text: str) -> About:
    """Return what the script printed; lines of another form are ignored."""
    about = About()
    lists: dict[str, list[Any]] = {
        "address": about.addresses,
        "module": about.modules,
        "disk": about.disks,
    }
    for cells in rows(clean(text)):
        match cells:
            case ["os", name, value]:
                about.os[name] = value
            case [("architecture" | "name" | "kernel" | "virtual") as what, value]:
                setattr(about, what, value)
            case ["mount", point, kind]:
                about.mounts[point] = kind
            case ["source", url, suite, origin]:
                about.sources.append((url, suite, origin))
            case ["size", size, path] if (kilobytes := number(size)) is not None:
                about.sizes[path] = kilobytes
            case [what, value] if what in lists:
                lists[what].append(value)
    return about


def _check_data(machine: Machine, path: str) -> None:
    if not path.startswith("/"):
        raise PlanError(f"--data {path}: write an absolute path of the server")
    done = machine.run(f"du -skx -- {shlex.quote(path)} | cut -f 1", timeout_s=READ_TIMEOUT_S)
    size = number(done.text)
    if size is None:
        raise PlanError(f"--data {path}: there is no such path on {machine.name}")
    if size * 1024 > stream.DATA_BYTES:
        raise PlanError(
            f"--data {path}: it holds {size // 1024} MB, and at most"
            f" {stream.DATA_BYTES >> 20} MB are copied",
            resolution="name a smaller part, or restore a backup in a step of the plan",
        )
