"""Which known changes apply to an upgrade: those of what its machines report that they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from upgradeproof.globs import fits
from upgradeproof.known.files import KnownEntry, KnownFiles, KnownStep
from upgradeproof.plan.changes import KnownSelection

_NUMBERS = re.compile(r"\d+(?:\.\d+)*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a machine is in one state, in its own words."""

    system: str
    """The id of os-release(5)."""
    version: str
    """Its VERSION_ID."""
    kernel: str = ""
    """The release of the running kernel; empty where it is not the machine's own."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """The versions of the installed packages."""

    def version_of(self, step: KnownStep) -> str:
        """Return the version of what a step is about; empty where the machine has none."""
        if step.system:
            return self.version if self.system == step.system else ""
        return self.kernel if step.kernel else _upstream(self.packages.get(step.package, ""))


@dataclass(frozen=True, kw_only=True)
class Known:
    """One known change that applies."""

    id: str
    """With its file: ``debian-12-to-13/tmp-is-a-tmpfs``."""
    title: str
    """What it belongs to, as a report prints it: ``Debian 12 -> 13``."""
    entry: KnownEntry


def select(
    files: KnownFiles,
    before: Identity,
    after: Identity,
    selection: KnownSelection | None = None,
) -> tuple[Known, ...]:
    """Return the known changes of an upgrade from one machine's state to another.

    An upgrade over several versions has the changes of every step. ``selection``: what a plan
    includes whatever the machines are, and what it excludes.
    """
    chosen = selection or KnownSelection()
    return tuple(
        Known(id=name, title=file.title, entry=entry)
        for stem, each in files.items()
        for file in each
        for entry in file.change
        for name in (f"{stem}/{entry.id}",)
        if fits(name, chosen.include) or _applies(file.applies, entry, before, after)
        if not fits(name, chosen.exclude)
    )


def _applies(step: KnownStep, entry: KnownEntry, before: Identity, after: Identity) -> bool:
    """Return whether the machine's transition includes the whole step."""
    if entry.own_kernel and not after.kernel:
        return False
    was, now = _numbers(before.version_of(step)), _numbers(after.version_of(step))
    first, last = _numbers(step.from_), _numbers(step.to)
    return bool(was and now) and was[: len(first)] <= first and last <= now[: len(last)]


def _upstream(version: str) -> str:
    """Return a package's version without its epoch."""
    return version.rpartition(":")[2]


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with: those of ``6.1.0-44-amd64`` are 6, 1, 0."""
    found = _NUMBERS.match(version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()
