"""Why packages change in an upgrade of the distribution: what replaces one, and what is ordinary.

This works on the records of the section ``packages`` without their class, which is defined on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from debian.debian_support import Version

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.probes.base import Difference, Record
from upgradeproof.probes.operating_system import OperatingSystem

Sections = Mapping[str, Mapping[str, Record]]
_ORDINARY: Mapping[ChangeKind, str] = {
    "upgraded": "upgraded with the distribution",
    "installed as a dependency": "installed as a dependency",
    "offered again": "an archive offers it",
}
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def distribution_upgraded(before: Sections, after: Sections) -> bool:
    """Return whether the operating system has another version now."""
    was, now = (sections.get("system", {}).get("system") for sections in (before, after))
    return (
        isinstance(was, OperatingSystem)
        and isinstance(now, OperatingSystem)
        and was.id == now.id
        and was.version != now.version
    )


def successor(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the installed package that declares to take the place of a lost one, or "".

    It provides the name; or it is new, replaces it, and can't be installed together with it. One
    that was there before has taken the place of a transitional package.
    """
    lost = before.get(name)
    transitional = lost is not None and lost.library
    return next(
        (
            other
            for other, package in after.items()
            if package.installed
            and other != name
            and (
                name in package.provides
                or (
                    name in package.replaces
                    and name in package.breaks
                    and (transitional or not (other in before and before[other].installed))
                )
            )
        ),
        "",
    )


def renumbered(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the new package whose name differs in a number alone, or ""."""
    stem = _stem(name)
    return next(
        (
            other
            for other, package in after.items()
            if package.installed
            and other != name
            and _stem(other) == stem
            and not (other in before and before[other].installed)
        ),
        "",
    )


def came_and_went(was: Any, now: Any) -> bool:
    """Return whether a package was installed and removed between two states, and not purged."""
    return was is None and now is not None and bool(now.residual)


def kind(line: Difference, before: Sections, after: Sections) -> ChangeKind:
    """Return what kind of change a line of the section ``packages`` is."""
    name, field = _named(line)
    old: Mapping[str, Any] = before.get("packages", {})
    new: Mapping[str, Any] = after.get("packages", {})
    was, now = old.get(name), new.get(name)
    if now is None or came_and_went(was, now) or (was and was.installed and now.residual):
        held = was is not None and was.installed
        taken = held and (successor(name, old, new) or _auto_renumbered(name, old, new))
        return "replaced" if taken else "removed"
    if was is None or (now.installed and was.residual):
        return "installed as a dependency" if now.auto else "installed"
    match field:
        case "version":
            return "upgraded" if _is_newer(now.version, was.version) else "downgraded"
        case "obsolete":
            return "no longer offered" if now.obsolete else "offered again"
        case "auto":
            return "marked auto" if now.auto else "marked manual"
    return "changed"


def explain(line: Difference, before: Sections, after: Sections) -> str:
    """Return why a line of the section ``packages`` follows from the upgrade, or ""."""
    name, field = _named(line)
    old: Mapping[str, Any] = before.get("packages", {})
    new: Mapping[str, Any] = after.get("packages", {})
    was, now = old.get(name), new.get(name)
    if field == "auto" and now is not None and now.residual:
        return "is not installed any more: its state shows that"
    if not distribution_upgraded(before, after):
        return ""
    what = kind(line, before, after)
    if came_and_went(was, now):
        return "was installed in between, and left its configuration files"
    if what in {"removed", "replaced"} and was is not None:
        return _why_lost(name, old, new) if was.installed else "its last files were removed"
    if what == "no longer offered" and was is not None and now is not None:
        left_over = (was.auto and now.auto) or now.library
        return "left over from the former release, as a dependency" if left_over else ""
    return _ORDINARY.get(what, "")


def _named(line: Difference) -> tuple[str, str]:
    """Return the package and the field of a line; a field may be missing."""
    name, _, field = line.path.removeprefix("packages/").partition("/")
    return name, field


def _why_lost(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if other := successor(name, before, after):
        return f"replaced by {other}"
    if not before[name].auto:
        return ""
    if other := renumbered(name, before, after):
        return f"replaced by {other}, by its name"
    return "installed as a dependency only, and no package depends on it now"


def _auto_renumbered(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the new number of a package that was not installed by hand, or ""."""
    return renumbered(name, before, after) if before[name].auto else ""


def _stem(name: str) -> str:
    return _NUMBER.sub("#", name.removesuffix("t64"))


def _is_newer(version: str, other: str) -> bool:
    """Compare as dpkg does; what is no version is not newer."""
    try:
        return bool(Version(version) > Version(other))
    except ValueError:
        return False
