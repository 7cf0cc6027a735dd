"""Read what a login gives to a user, by SSH too, and what a cron job runs with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.secrets import masked
from upgradeproof.probes.shares import near
from upgradeproof.probes.text import clean, rows

# All are started as services, so that they have the limits that a login over the network and a
# job of cron inherit, not those of the shell that reads. The job of cron is opened through the same
# PAM service as by cron, which itself would start one once a minute only. A login by SSH is opened
# through sshd's: it reads other files than su, such as those in the user's home.
_SCRIPT = r"""
d=$(mktemp -d /run/upgradeproof-sessions.XXXXXX) || exit 0
trap 'rm -rf "$d"' EXIT
chmod 1777 "$d"
cat >"$d/look" <<'END'
printf '\n@begin\numask\t%s\n' "$(umask)"
date +'zone%t%Z %z'
id 2>/dev/null | sed 's/^/id\t/'
sed -n 's/^Max /limit\t/p' /proc/self/limits
f=$(mktemp -u "$1/XXXXXXXX") && : >"$f" && printf 'mode\t%s\n' "$(stat -c %a "$f")"
env -0 | tr '\n\000' ' \n' | sed 's/^/env\t/'
printf '@end\n'
END
chmod 755 "$d/look"
one() {
  {
    printf 'session\t%s\t%s\n' "$1" "$2"
    shift 2
    timeout 20 "$@" </dev/null 2>"$d/err.$number" | head -c 100000
    printf '\nproblem\t%s\n' "$(tr '\n\t' '  ' <"$d/err.$number" | head -c 500)"
  } >"$d/out.$number"
}
command -v systemd-run >/dev/null || exit 0
pam=
for service in cron crond; do [ -e "/etc/pam.d/$service" ] && pam=$service && break; done
ssh=
[ ! -e /etc/pam.d/sshd ] || ! command -v sshd >/dev/null || ssh=sshd
number=100
for user in root $(timeout 10 getent passwd | awk -F: '
  $3 >= 1000 && $3 < 60000 && $1 ~ /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/ &&
  $7 !~ /(nologin|false|sync)$/ { print $1 }' | sort | head -n 20)
do
  number=$((number + 1))
  one "$user" login systemd-run -q --pipe --wait -p RuntimeMaxSec=20 \
    su - "$user" -c "sh $d/look $d" &
  for kind in ${pam:+cron} ${ssh:+ssh}; do
    case $kind in cron) name=$pam ;; *) name=$ssh ;; esac
    number=$((number + 1))
    one "$user" "$kind" systemd-run -q --pipe --wait -p RuntimeMaxSec=20 -p PAMName="$name" \
      --uid="$user" --setenv=SHELL=/bin/sh --setenv=PATH=/usr/bin:/bin \
      sh "$d/look" "$d" &
  done
  [ $((number % 4)) -ne 0 ] || wait
done
wait
cat "$d"/out.* 2>/dev/null
exit 0
"""
_VOLATILE = re.compile(
    r"SHLVL|_|TERM|COLUMNS|LINES|OLDPWD|PWD|SSH_.*|.*_PID|.*PID|INVOCATION_ID|JOURNAL_STREAM"
    r"|MEMORY_PRESSURE_.*|XDG_SESSION_ID|XDG_SESSION_CLASS|XDG_SESSION_TYPE"
)
"""Variables that differ from one session to the next, or belong to how it is started here."""
_LIMIT = re.compile(r"(.+?)\s+(unlimited|\d+)\s+(unlimited|\d+)(?:\s.*)?")


OF_MEMORY = frozenset({"locked memory", "pending signals", "processes"})
"""Limits that systemd and the kernel derive from the size of the memory."""


class Session(Record):
    """What one kind of session gives to one user."""

    umask: str = ""
    file_mode: str = ""
    """Of a freshly made file."""
    environment: Mapping[str, str] = Field(default_factory=dict)
    """Names and values; what may be a secret is a mark instead."""
    limits: Mapping[str, str] = Field(default_factory=dict)
    """``soft/hard`` by the kernel's names, such as ``open files``."""
    zone: str = ""
    """Name and offset that ``date`` prints."""
    identity: str = ""
    """As ``id`` prints it: user, group and groups."""
    problem: str = ""
    """Why there was no session."""


class Sessions(Probe[Session]):
    """Read the sessions of root and up to 20 users who can log in, keyed ``deploy/login``.

    ``deploy/cron`` is there where a PAM service of cron's is, ``deploy/ssh`` where sshd's is.
    """

    section = "sessions"
    record: ClassVar[type[Record]] = Session

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Explain variables that an upgrade of the distribution adds: none is lost or changed.

        Limits that are a share of the memory differ a little with what each kernel leaves free.
        """
        key, _, field = line.path.removeprefix(f"{cls.section}/").rpartition("/")
        was, now = before[cls].get(key), after[cls].get(key)
        if was is None or now is None:
            return ""
        if field == "limits" and same_limits(was.limits, now.limits):
            return "limits are a share of the memory that the kernel leaves free"
        if field != "environment":
            return ""
        preserved = was.environment.items() <= now.environment.items()
        added = sorted(set(now.environment) - set(was.environment))
        if not preserved or not distribution_upgraded(before, after):
            return ""
        return f"only adds variables: {', '.join(added)}"

    intrusive = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; every login is logged as such."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Session]:
        """Return the sessions; one that was refused has only a problem."""
        found: dict[str, Session] = {}
        for part in re.split(r"^session\t", clean(output), flags=re.MULTILINE)[1:]:
            head, _, text = part.partition("\n")
            user, _, kind = head.partition("\t")
            found[f"{user}/{kind}"] = _session(text)
        return found


def same_limits(was: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Return whether limits are the same, but for those that are a share of the memory."""
    return was.keys() == now.keys() and all(
        same_limit(name, limit, now[name]) for name, limit in was.items()
    )


def same_limit(name: str, was: str, now: str) -> bool:
    """Return whether two ``soft/hard`` limits are equal, or near it for a share of the memory."""
    pairs = zip(was.split("/"), now.split("/"), strict=True)
    return was == now or (
        name in OF_MEMORY
        and all(
            old == new or ("unlimited" not in {old, new} and near(old, new)) for old, new in pairs
        )
    )


def _session(text: str) -> Session:
    _, begun, printed = text.partition("\n@begin\n")
    printed = printed.partition("\n@end\n")[0]
    if not begun:
        problem = re.search(r"^problem\t(.*)$", text, re.MULTILINE)
        return Session(problem=(problem[1].strip() if problem else "") or "it printed nothing")
    fields: dict[str, str] = {}
    environment: dict[str, str] = {}
    limits: dict[str, str] = {}
    for cells in rows(printed):
        match cells:
            case ["limit", text] if limit := _LIMIT.fullmatch(text):
                limits[limit[1]] = f"{limit[2]}/{limit[3]}"
            case ["env", *rest]:
                name, _, value = " ".join(rest).partition("=")
                environment |= {} if _VOLATILE.fullmatch(name) else {name: value}
            case [name, value]:
                fields[name] = value
    return Session(
        umask=fields.get("umask", ""),
        file_mode=fields.get("mode", ""),
        environment=dict(sorted(masked(environment).items())),
        limits=dict(sorted(limits.items())),
        zone=fields.get("zone", ""),
        identity=fields.get("id", ""),
    )
