"""Why packages change in an upgrade of the distribution: what replaces one, and what is ordinary.

This works on the records of the section ``packages`` without their class, which is defined on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from debian.debian_support import Version

from upgradeproof.probes.base import Difference, Record
from upgradeproof.probes.system import OperatingSystem

Sections = Mapping[str, Mapping[str, Record]]
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def distribution_upgraded(before: Sections, after: Sections) -> bool:
    """Tell whether the operating system has another version now."""
    was, now = (sections.get("system", {}).get("system") for sections in (before, after))
    return (
        isinstance(was, OperatingSystem)
        and isinstance(now, OperatingSystem)
        and was.id == now.id
        and was.version != now.version
    )


def successor(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the installed package that declares to take the place of a lost one, or "".

    It provides the name; or it is new, replaces it, and can't be installed together with it.
    """
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
                    and not (other in before and before[other].installed)
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


def explain(line: Difference, before: Sections, after: Sections) -> str:
    """Return why a line of the section ``packages`` follows from the upgrade, or ""."""
    if not distribution_upgraded(before, after):
        return ""
    name, _, field = line.path.removeprefix("packages/").partition("/")
    old: Mapping[str, Any] = before.get("packages", {})
    new: Mapping[str, Any] = after.get("packages", {})
    was, now = old.get(name), new.get(name)
    if was is None:
        return "installed as a dependency" if now is not None and now.auto else ""
    if now is None or (was.installed and now.residual):
        return _why_lost(name, old, new) if was.installed else "its last files were removed"
    return _why_changed(field, was, now)


def _why_changed(field: str, was: Any, now: Any) -> str:
    if field == "version" and _is_newer(now.version, was.version):
        return "upgraded with the distribution"
    if field == "obsolete" and now.obsolete and ((was.auto and now.auto) or now.library):
        return "left over from the former release, as a dependency"
    return "an archive offers it" if field == "obsolete" and not now.obsolete else ""


def _why_lost(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if other := successor(name, before, after):
        return f"replaced by {other}"
    if not before[name].auto:
        return ""
    if other := renumbered(name, before, after):
        return f"replaced by {other}, by its name"
    return "installed as a dependency only, and no package depends on it now"


def _stem(name: str) -> str:
    return _NUMBER.sub("#", name.removesuffix("t64"))


def _is_newer(version: str, other: str) -> bool:
    """Compare as dpkg does; what is no version is not newer."""
    try:
        return bool(Version(version) > Version(other))
    except ValueError:
        return False
