"""One change of a unit's properties that an administrator has to see, as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from upgradeproof.probes.shares import near
from upgradeproof.probes.unit_settings import SANDBOX
from upgradeproof.probes.unit_table import UnitProperties


class Group(StrEnum):
    """What kind of loss or gain a change is; each is one check."""

    PRIVILEGE = "privilege"
    ACCESS = "access"
    LIMIT = "limit"
    ENVIRONMENT = "environment"
    RESTART = "restart"
    DROP_IN = "drop-in"
    STOP = "stop"
    DEPENDENCY = "dependency"


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """One change, by the field of the record that it is in."""

    group: Group
    field: str
    sentence: str


def changed(was: UnitProperties, now: UnitProperties, name: str) -> str:
    """Return ``ProtectHome was no, is yes``; "" for a property that did not change."""
    if was.get(name) == now.get(name):
        return ""
    before, after = (_text(name, unit.get(name)) for unit in (was, now))
    return f"{name} was {before}, is {after}"


def same_share(name: str, was: UnitProperties, now: UnitProperties) -> bool:
    """Return whether a limit is the same but for its rounding: ``TasksMax=99%`` follows the kernel.

    systemd prints the number that the share amounts to, and never the share.
    """
    before, after = was.get(name), now.get(name)
    if name != "TasksMax" or not all(v and v[0].isdecimal() for v in (before, after)):
        return False
    return near(before[0], after[0])


def _text(name: str, values: tuple[str, ...]) -> str:
    usual = "root" if name in ("User", "Group") else "no" if name in SANDBOX else "the default"
    return " ".join(values) or usual
