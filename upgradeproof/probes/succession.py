"""Find what follows from a package whose name contains its version and that a newer one succeeds.

``postgresql-15`` is succeeded by ``postgresql-17``, ``php8.2-fpm`` by ``php8.4-fpm``: their units,
sockets and folders have the version in their names, too. Where one of them is gone and the same one
of the newer version is there, with the same rights and doing the same, it has moved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.probes.base import Difference, Facts
from upgradeproof.probes.file_records import File
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.references import Reference, References
from upgradeproof.probes.services import Service, Services
from upgradeproof.probes.text_diff import unpacked
from upgradeproof.probes.unix_sockets import UnixSocket

_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_SAME_VALUE = {
    "effective_config": ("value",),
    "files": ("target", "leads_to"),
    "services": ("executable",),
    "sockets": ("unit", "executable"),
    "unix_sockets": ("unit", "package"),
}
"""The fields that may hold a version, by section."""


@dataclass(frozen=True)
class Succession:
    """A package, and the one of a newer version that succeeds it."""

    old: str
    new: str
    name: str
    """What is before the version in both names: ``postgresql``."""
    was: str
    now: str

    @classmethod
    def of(cls, old: str, new: str) -> Succession | None:
        """Return the succession of two packages whose names differ in one number, or None."""
        numbers = _NUMBER.findall(old), _NUMBER.findall(new)
        if _NUMBER.sub("#", old) != _NUMBER.sub("#", new):
            return None
        pairs = [(was, now) for was, now in zip(*numbers, strict=True) if was != now]
        if len(pairs) != 1 or _order(pairs[0][0]) >= _order(pairs[0][1]):
            return None
        (was, now), name = pairs[0], re.split(r"[\d.+-]", old)[0]
        return cls(old, new, name, was, now) if name else None

    def renamed(self, text: str) -> str:
        """Return a text with the new version where it has the old one."""
        return re.sub(rf"(?<![\d.]){re.escape(self.was)}(?!\.?\d)", self.now, text)


def explain(line: Difference, before: Facts, after: Facts) -> str:
    """Return which package's succession a line of the diff follows from, or ""."""
    if not distribution_upgraded(before, after):
        return ""
    for each in successions(before, after):
        if each.name in f"{line.path} {line.before} {line.after}" and _follows(
            each, line, before, after
        ):
            return f"{each.new} succeeds {each.old}, and the version is in the name"
    return ""


def successions(before: Facts, after: Facts) -> Iterator[Succession]:
    """Yield each package that was installed, with a newer one of its name that is new."""
    old, new = ({n for n, p in facts[Packages].items() if _is(p)} for facts in (before, after))
    arrived: dict[str, list[str]] = {}
    for name in sorted(new - old):
        arrived.setdefault(_NUMBER.sub("#", name), []).append(name)
    for name in sorted(old):
        for other in arrived.get(_NUMBER.sub("#", name), ()):
            if found := Succession.of(name, other):
                yield found


def _is(package: Package) -> bool:
    return package.installed


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _follows(each: Succession, line: Difference, before: Facts, after: Facts) -> bool:
    section, _, key = line.path.partition("/")
    old, new = (facts.sections.get(section, {}) for facts in (before, after))
    if _is_masked(each, line, after):
        return _works(each, _unit(line), before, after)
    if line.before is not None and line.after is not None:
        field = key.rpartition("/")[2]
        if field in _SAME_VALUE.get(section, ()):
            return each.renamed(line.before) == line.after
        name = key.removesuffix("/sha256")
        return section == "files" and field == "sha256" and same_text(each, old[name], new[name])
    moved = {each.renamed(name): name for name in old if name not in new}
    came = each.renamed(key) if line.after is None else key
    was, now = old.get(moved.get(came, "")), new.get(came)
    if came == moved.get(came) or came in old or was is None or now is None:
        return False
    return _same(each, was, now) and not _named(moved[came], after)


def _unit(line: Difference) -> str:
    """Return the unit that a line of ``services``, or of the folder of units, is about."""
    return next((part for part in line.path.split("/") if part.endswith(".service")), "")


def _is_masked(each: Succession, line: Difference, after: Facts) -> bool:
    """Return whether a line is about a unit of a removed package, masked until it is purged."""
    unit = after.sections.get(Services.section, {}).get(_unit(line))
    masked = isinstance(unit, Service) and unit.load == "masked"
    there = line.path.startswith((f"{Services.section}/", "files//etc/systemd/system/"))
    gone = each.old not in after[Packages] or not after[Packages][each.old].installed
    return there and masked and gone


def _works(each: Succession, unit: str, before: Facts, after: Facts) -> bool:
    """Return whether the unit of the new version does what the masked one did."""
    other = each.renamed(unit)
    was, now = before[Services].get(unit), after[Services].get(other)
    known = other != unit and was is not None and now is not None and other not in before[Services]
    return known and _same(each, was, now) and not _named(unit, after)


def _same(each: Succession, was: Any, now: Any) -> bool:
    """Return whether what is there now does what the other did, with the same rights."""
    match was, now:
        case Service(), Service():
            works = now.active == "active" or was.active != "active"
            starts = now.starts_at_boot or not was.starts_at_boot
            return works and starts and not now.failed
        case UnixSocket(), UnixSocket():
            return (was.owner, was.group, was.mode) == (now.owner, now.group, now.mode)
        case File(), File():
            rights = ("type", "owner", "group", "mode", "capabilities", "acl")
            return all(getattr(was, name) == getattr(now, name) for name in rights) and (
                was.sha256 == now.sha256 or same_text(each, was, now)
            )
    return False


def same_text(each: Succession, was: object, now: object) -> bool:
    """Return whether each line of a text file is as before, or has the new version for the old."""
    if not (isinstance(was, File) and isinstance(now, File) and was.text and now.text):
        return False
    old, new = (unpacked(file.text).split("\n") for file in (was, now))
    return len(old) == len(new) and all(
        line in (other, each.renamed(other)) for other, line in zip(old, new, strict=True)
    )


def _named(key: str, after: Facts) -> bool:
    """Return whether a file of the administrator's names what is gone."""
    references: Mapping[str, Any] = after.sections.get(References.section, {})
    return any(
        isinstance(each, Reference) and not each.resolves and each.name.removeprefix("/var") == key
        for each in references.values()
    )
