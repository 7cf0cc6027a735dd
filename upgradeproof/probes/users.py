"""Read the users."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from upgradeproof.probes.attribution import account_of
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, number, rows

NO_LOGIN = {"/usr/sbin/nologin", "/sbin/nologin", "/bin/false", "/usr/bin/false"}


_SCRIPT = r"""
cut -d : -f 1,3- /etc/passwd || exit 1
for file in /etc/passwd /etc/shadow; do
  [ -r "$file" ] || continue
  awk -F : -v "file=$file" '
    file == "/etc/passwd" && ($2 == "x" || NF != 7) || NF < 2 { next }
    {
      hash = $2
      sub(/^!+/, "", hash)
      state = "no login"
      if ($2 == "") state = "none"
      else if (hash ~ /^[$_]./ || hash ~ /^[A-Za-z0-9.\/]+$/ && length(hash) == 13)
        state = hash == $2 ? "set" : "locked"
      print "password:" $1 ":" state ":" (file == "/etc/shadow" ? $8 : "")
    }' "$file" || exit 1
done
"""
_STATES = {"set", "locked", "none", "no login"}
_EPOCH = date(1970, 1, 1)


class User(Record):
    """One line of ``/etc/passwd``, and of ``/etc/shadow`` what is no secret."""

    uid: int
    gid: int
    comment: str = ""
    home: str = ""
    shell: str = ""
    password: str = ""
    """``set``, ``locked`` (a hash behind ``!``), ``none`` (no password is asked for), ``no login``
    (no password fits); empty: not known."""
    expires: str = ""
    """The first day on which the account is closed; empty: never."""


class Users(Probe[User]):
    """Read ``/etc/passwd`` and ``/etc/shadow``.

    The second field is dropped on the machine, whatever it holds: only the state of a password is
    printed, never a hash or a digest of one.
    """

    section = "users"
    record: ClassVar[type[Record]] = User
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, User]:
        """Return the users; a line that the C library would not take for a user is left out."""
        users: dict[str, User] = {}
        more: dict[str, dict[str, str]] = {}
        for cells in rows(clean(output), ":"):
            match cells:
                case ["password", name, state, day] if state in _STATES:
                    more.setdefault(name, {"password": state, "expires": _day(day)})
                case [name, user, group, comment, home, shell] if name:
                    uid, gid = number(user), number(group)
                    if uid is not None and gid is not None:
                        found = User(uid=uid, gid=gid, comment=comment, home=home, shell=shell)
                        users.setdefault(name, found)
        return {
            name: user.model_copy(update=more[name]) if name in more else user
            for name, user in users.items()
        }

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return the new package that a new system user belongs to, if it can't log in."""
        name = line.path.partition("/")[2]
        user = after.sections.get(cls.section, {}).get(name)
        if line.before is not None or not isinstance(user, User) or user.shell not in NO_LOGIN:
            return ""
        if user.password not in {"", "no login"}:
            return ""
        return account_of(name, user.uid, before, after)


def _day(text: str) -> str:
    """Return a number of days since 1970 as a date; "": none, or one that no calendar has."""
    try:
        return (_EPOCH + timedelta(days=int(text))).isoformat() if number(text) is not None else ""
    except OverflowError:
        return ""
