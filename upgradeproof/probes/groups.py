"""Read the groups."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.attribution import account_of
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, number, rows
from upgradeproof.probes.users import Users


class Group(Record):
    """One line of ``/etc/group`` without its password field; members sorted."""

    gid: int
    members: tuple[str, ...] = ()


class Groups(Probe[Group]):
    """Read ``/etc/group``; the second field is dropped on the machine, whatever it holds."""

    section = "groups"
    record: ClassVar[type[Record]] = Group
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return "cut -d : -f 1,3- /etc/group"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Group]:
        """Return the groups; a line that the C library would not take for a group is left out."""
        groups: dict[str, Group] = {}
        for cells in rows(clean(output), ":"):
            match cells:
                case [name, group, listed] if name and (gid := number(group)) is not None:
                    members = tuple(sorted(filter(None, listed.split(","))))
                    groups.setdefault(name, Group(gid=gid, members=members))
        return groups

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return the new package that a new system group without members belongs to.

        A group that lists more users, whose primary group it was already, adds no right.
        """
        name = line.path.partition("/")[2]
        group_name, _, field = name.partition("/")
        if field == "members" and _lists_its_own(group_name, before, after):
            return "the added members had this group as their primary group before"
        group = after.sections.get(cls.section, {}).get(name)
        if line.before is not None or not isinstance(group, Group) or group.members:
            return ""
        return account_of(name, group.gid, before, after)


def _lists_its_own(name: str, before: Facts, after: Facts) -> bool:
    was, now = before[Groups].get(name), after[Groups].get(name)
    if was is None or now is None or not {*was.members} <= {*now.members}:
        return False
    users = before[Users]
    return all(
        user in users and users[user].gid == was.gid for user in {*now.members} - {*was.members}
    )
