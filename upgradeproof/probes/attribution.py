"""What a change of the facts follows from: the package that changed, the distribution's upgrade."""

from __future__ import annotations

from upgradeproof.probes import package_changes
from upgradeproof.probes.base import Difference, Facts
from upgradeproof.probes.packages import Package, Packages

SYSTEM_IDS = range(100, 1000)


def changed_package(name: str, before: Facts, after: Facts) -> str:
    """Return how a package changed, such as ``went from 1.18 to 1.22``, or "": it did not."""
    was, now = _installed(name, before), _installed(name, after)
    if was and now:
        return "" if was.version == now.version else f"went from {was.version} to {now.version}"
    if now:
        return f"was installed in version {now.version}"
    if name and package_changes.came_and_went(
        before[Packages].get(name), after[Packages].get(name)
    ):
        return "was installed and removed in the upgrade, and left its configuration files"
    return f"was removed (it was {was.version})" if was else ""


def distribution_upgraded(before: Facts, after: Facts) -> bool:
    """Return whether the operating system is another version of itself."""
    return package_changes.distribution_upgraded(before.sections, after.sections)


def package_of(line: Difference, before: Facts, after: Facts) -> str:
    """Return the package that the record of a line names as its own, or ""."""
    section, _, rest = line.path.partition("/")
    key = rest if line.before is None or line.after is None else rest.rpartition("/")[0]
    if section == Packages.section:
        return key
    records = (facts.sections.get(section, {}).get(key) for facts in (after, before))
    named = (getattr(record, "package", "") for record in records)
    return next(filter(None, named), "")


def account_of(name: str, number: int, before: Facts, after: Facts) -> str:
    """Return why a system account came: a package of its name was installed; else "".

    ``number``: its user or group id. Debian Policy, section 9.2.2, gives packages 100 to 999.
    """
    package = name.removeprefix("_")
    if number not in SYSTEM_IDS or _installed(package, before):
        return ""
    if name.startswith("Debian-") and distribution_upgraded(before, after):
        return "a system account with the prefix that only packages use"
    change = changed_package(package, before, after)
    return f"a system account of {package}, which {change}" if change else ""


def _installed(name: str, facts: Facts) -> Package | None:
    package = facts[Packages].get(name) if name else None
    return package if package and package.installed else None
