"""Read the users."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.attribution import account_of
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, number, rows

NO_LOGIN = {"/usr/sbin/nologin", "/sbin/nologin", "/bin/false", "/usr/bin/false"}


class User(Record):
    """One line of ``/etc/passwd`` without its password field."""

    uid: int
    gid: int
    comment: str = ""
    home: str = ""
    shell: str = ""


class Users(Probe[User]):
    """Read ``/etc/passwd``; the second field is dropped on the machine, whatever it holds."""

    section = "users"
    record: ClassVar[type[Record]] = User
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return "cut -d : -f 1,3- /etc/passwd"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, User]:
        """Return the users; a line that the C library would not take for a user is left out."""
        users: dict[str, User] = {}
        for cells in rows(clean(output), ":"):
            match cells:
                case [name, user, group, comment, home, shell] if name:
                    uid, gid = number(user), number(group)
                    if uid is not None and gid is not None:
                        found = User(uid=uid, gid=gid, comment=comment, home=home, shell=shell)
                        users.setdefault(name, found)
        return users

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return the new package that a new system user belongs to; never for one with a shell."""
        name = line.path.partition("/")[2]
        user = after.sections.get(cls.section, {}).get(name)
        if line.before is not None or not isinstance(user, User) or user.shell not in NO_LOGIN:
            return ""
        return account_of(name, user.uid, before, after)
