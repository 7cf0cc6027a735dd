"""Read what the administrator has the machine run: scripts, cron jobs, services of timers."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.secrets import masked_text
from upgradeproof.probes.text import clean, rows

# Prints kind, place, user and command of each. Unedited files of packages are not
# printed: a conffile's checksum is in dpkg's status. /usr/local belongs to no package.
OBSERVE = r"""
pristine() {
  case $conffiles in *" $1 $(md5sum <"$1" | cut -c 1-32)
"*) return 0 ;; esac
  return 1
}
row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"; }
cron_lines() {
  awk -v named="$2" -v owner="$3" '
    function quoted(text) { gsub("\047", "\047\\\047\047", text); return "\047" text "\047" }
    /^[ \t]*(#|$)/ { next }
    /^[ \t]*[A-Za-z_][A-Za-z0-9_]*[ \t]*=/ {
      name = $0; sub(/[ \t]*=.*/, "", name); sub(/^[ \t]*/, "", name)
      value = $0; sub(/^[^=]*=[ \t]*/, "", value); gsub(/^["\047]|["\047][ \t]*$/, "", value)
      if (name != "MAILTO") given = given name "=" quoted(value) " "
      next
    }
    {
      line = $0; sub(/^[ \t]*/, "", line)
      fields = line ~ /^@/ ? 1 : 5
      for (i = 0; i < fields; i++) sub(/^[^ \t]+[ \t]+/, "", line)
      user = owner
      if (named) { user = line; sub(/[ \t].*/, "", user); sub(/^[^ \t]+[ \t]+/, "", line) }
      if (line ~ /run-parts/) next
      gsub(/\\%/, "\001", line); sub(/%.*/, "", line); gsub("\001", "%", line)
      gsub(/\t/, " ", line)
      printf "%s\t%s\n", user, (given == "" ? "" : "export " given "; ") line
    }' "$1" | head -n 50
}
# cron and run-parts read no file whose name has another character, such as the dot of .dpkg-dist.
is_read() {
  case ${1##*/} in *[!A-Za-z0-9_-]*) return 1 ;; esac
}
observe() {
  conffiles=$(awk '/^ \/etc\/cron/ { print " " $1 " " $2 }' /var/lib/dpkg/status 2>/dev/null)"
"
  for file in /usr/local/bin/* /usr/local/sbin/*; do
    [ -f "$file" ] && [ -x "$file" ] || continue
    case $(head -c 2 "$file" | tr -d '\000') in '#!') row script "$file" root "$file" ;; esac
  done
  for file in /etc/cron.hourly/* /etc/cron.daily/* /etc/cron.weekly/* /etc/cron.monthly/*; do
    [ -f "$file" ] && [ -x "$file" ] && is_read "$file" && ! pristine "$file" || continue
    row job "$file" root "$file"
  done
  tab=$(printf '\t')
  for file in /etc/crontab /etc/cron.d/*; do
    [ -f "$file" ] && is_read "$file" && ! pristine "$file" || continue
    cron_lines "$file" 1 '' | while IFS=$tab read -r user command; do
      row cron "$file" "$user" "$command"
    done
  done
  for file in /var/spool/cron/crontabs/*; do
    [ -f "$file" ] || continue
    cron_lines "$file" '' "${file##*/}" | while IFS=$tab read -r user command; do
      row cron "$file" "$user" "$command"
    done
  done
  for file in /etc/systemd/system/*.timer; do
    [ -f "$file" ] && [ ! -L "$file" ] || continue
    unit=$(sed -n 's/^Unit=//p' "$file" | tail -n 1)
    [ -n "$unit" ] || unit=$(basename "$file" .timer).service
    row timer "$file" root "$unit"
  done
}
"""
_LIST = r"""
observe | head -n 200 | while IFS=$(printf '\t') read -r kind place user command; do
  [ "$kind" = timer ] && file=/etc/systemd/system/$command || file=${command%% *}
  sum=; interpreter=
  if [ -f "$file" ]; then
    sum=$(sha256sum <"$file" | cut -c 1-64)
    interpreter=$(head -c 200 "$file" | tr -d '\000' | sed -n '1s/^#! *//p')
  fi
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$kind" "$place" "$user" "$command" "$sum" "$interpreter"
done
"""


class Script(Record):
    """Something of the administrator's that is run by hand, by cron or by a timer."""

    kind: str
    """``script`` in /usr/local, ``job`` in /etc/cron.daily and its like, ``cron`` for a line of a
    crontab, ``timer`` for the service of a timer."""
    user: str
    command: str
    """As it is run; of a timer the service. Assignments of a crontab come first."""
    interpreter: str = ""
    """Of the file that the command begins with: what follows ``#!``."""
    sha256: str = ""
    """Of that file; empty: it is none with a whole path."""


class Scripts(Probe[Script]):
    """Read them; the key is the file, with the command of a line of a crontab behind it.

    Of what packages bring, only what was edited counts.
    """

    section = "scripts"
    record: ClassVar[type[Record]] = Script
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return f"{OBSERVE}{_LIST}:"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Script]:
        """Return what was found."""
        found: dict[str, Script] = {}
        for cells in rows(clean(output)):
            match cells:
                case [kind, place, user, command, sha256, interpreter] if place:
                    found[key(kind, place, command)] = Script(
                        kind=kind,
                        user=user,
                        command=masked_text(command),
                        sha256=sha256,
                        interpreter=interpreter.strip(),
                    )
        return found


def key(kind: str, place: str, command: str) -> str:
    """Return the key of a script; what may be a secret in a command is a mark."""
    return f"{place}: {masked_text(command)}" if kind == "cron" else place
