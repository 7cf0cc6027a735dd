"""The scripts that give a twin the server's users, packages and choices."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from upgradeproof.capture.knowledge import knowledge
from upgradeproof.capture.reader import Captured
from upgradeproof.capture.stream import readable
from upgradeproof.probes.groups import Groups
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.services import Services
from upgradeproof.probes.users import User, Users

FIRST_HUMAN, LAST_HUMAN = 1000, 59999
"""Ids of people, adduser.conf(5)."""

_PACKAGES = """\
cd /opt/upgradeproof/twin
cat >wanted <<'PACKAGES'
@WANTED@
PACKAGES
cut -d = -f 1 wanted | xargs apt-cache madison 2>/dev/null |
  awk -F '|' '/ Packages *$/ { gsub(/ /, ""); print $1 "=" $2 }' >offered
awk -F = '
  NR == FNR { exact[$0] = 1; some[$1] = 1; next }
  $0 in exact { print; next }
  $1 in some { print $1; print $0 ": another version is installed" >"/dev/stderr"; next }
  { print $0 ": no archive offers it" >"/dev/stderr" }' offered wanted >chosen
# Services start at the end, with the server's configuration.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { printf '#!/bin/sh\\nexit 101\\n' >"$policy"; chmod 755 "$policy"; own=1; }
trap '[ -z "${own:-}" ] || rm -f "$policy"' EXIT
export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=a
xargs apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 --no-install-recommends \\
  --allow-downgrades install <chosen
"""


def accounts_script(captured: Captured) -> str:
    """Return the script that creates users and groups with their ids, before any package does."""
    users, groups = captured.facts[Users], captured.facts[Groups]
    lines = [
        'group() { getent group "$1" >/dev/null || groupadd -g "$2" "$1" || :; }',
        (
            'user() { getent passwd "$1" >/dev/null ||'
            ' useradd -M -N -u "$2" -g "$3" -d "$4" -s "$5" -c "$6" "$1" || :; }'
        ),
    ]
    for name, group in sorted(groups.items(), key=lambda item: item[1].gid):
        lines.append(f"group {shlex.join([name, str(group.gid)])}")
    for name, user in sorted(users.items(), key=lambda item: item[1].uid):
        words = [name, str(user.uid), str(user.gid), user.home or "/", user.shell, user.comment]
        lines.append(f"user {shlex.join(words)}")
    for name, group in groups.items():
        if group.members:
            lines.append(f"gpasswd -M {shlex.join([','.join(group.members), name])} || :")
    for user in users.values():
        if is_human(user):
            home = shlex.quote(user.home)
            lines.append(f"[ -e {home} ] || install -d -m 0755 -o {user.uid} -g {user.gid} {home}")
    return "\n".join([*lines, ""])


def is_human(user: User) -> bool:
    """Return whether a user is a person's, with a home folder."""
    return FIRST_HUMAN <= user.uid <= LAST_HUMAN and user.home.startswith("/home/")


def wanted_packages(captured: Captured, *, boots: bool) -> Mapping[str, Package]:
    """Return the packages that the twin gets."""
    return {
        name: package
        for name, package in captured.facts[Packages].items()
        if package.installed and (boots or not knowledge().boots(name))
    }


def packages_script(captured: Captured, *, boots: bool) -> str:
    """Return the script that installs every package in the server's version, if it is offered."""
    listed = wanted_packages(captured, boots=boots)
    lines = (f"{name}={package.version}" for name, package in sorted(listed.items()))
    return _PACKAGES.replace("@WANTED@", "\n".join(lines))


def choices_script(captured: Captured, *, boots: bool) -> str:
    """Return the script that sets marks, holds and alternatives as on the server."""
    packages = wanted_packages(captured, boots=boots)
    lines = []
    for word, names in (
        ("auto", [name for name, package in packages.items() if package.auto]),
        ("manual", [name for name, package in packages.items() if not package.auto]),
        ("hold", [name for name, package in packages.items() if package.held]),
    ):
        lines += (
            ["apt-mark -q " + " \\\n  ".join([word, *map(shlex.quote, names)]) + " >/dev/null || :"]
            if names
            else []
        )
    for name, path in sorted(captured.walked.alternatives.items()):
        lines.append(f"update-alternatives --set {shlex.join([name, path])} || :")
    for name, value in sorted(captured.walked.accounts.items()):
        lines.append(f"usermod -p {shlex.join([value, name])} || :")
    lines += _derived(captured)
    return "\n".join([*lines, ""])


def _derived(captured: Captured) -> Iterator[str]:
    for path, entry in sorted(captured.walked.entries.items()):
        command = knowledge().maker(path) if entry.type == "derived" else ""
        if command:
            file = readable(path).rpartition(".")[0]
            yield f'file={shlex.quote(file)}; [ ! -e "$file" ] || {command} || :'
    if any(p.startswith("/usr/local/share/ca-certificates/") for p in captured.walked.entries):
        yield "update-ca-certificates >/dev/null 2>&1 || :"


def services_script(captured: Captured) -> str:
    """Return the script that starts what runs on the server, and stops what does not."""
    units = captured.facts[Services]
    ours = {
        name: unit
        for name, unit in units.items()
        if not knowledge().of_the_system(name)
        and name.endswith((".service", ".socket", ".timer", ".path"))
    }
    running = [n for n, u in ours.items() if u.active in ("active", "activating")]
    stopped = [n for n, u in ours.items() if u.active == "inactive" and not u.failed and u.enabled]
    lines = ["systemctl daemon-reload", "failed="]
    lines += [
        # A timer that starts again may start its job at once: apt's, for one.
        f"systemctl {'start' if name.endswith('.timer') else 'restart'} -- {shlex.quote(name)} ||"
        f" failed=$failed{shlex.quote(f' {name}')}"
        for name in sorted(running, key=_sockets_first)
    ]
    lines += (
        [
            "for unit in " + " \\\n  ".join(shlex.quote(name) for name in stopped) + "; do",
            '  ! systemctl -q is-active "$unit" || systemctl stop -- "$unit" || :',
            "done",
        ]
        if stopped
        else []
    )
    lines += [
        "sysctl -q --system || :",
        '[ -z "$failed" ] || echo "not started:$failed"',
    ]
    return "\n".join([*lines, ""])


def _sockets_first(name: str) -> tuple[bool, str]:
    return not name.endswith((".socket", ".path")), name
