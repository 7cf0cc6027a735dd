"""Specify the record of the operating system, which explanations of other sections read."""

from __future__ import annotations

from upgradeproof.probes.base import Record


class OperatingSystem(Record):
    """The system; names and versions are those of os-release(5)."""

    state: str
    """``running``, ``degraded`` (a unit failed), or another word of systemctl(1)."""
    id: str = ""
    version: str = ""
    codename: str = ""
    name: str = ""
