"""Build the shell scripts that run the daemons' own programs: which daemons, and within limits."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping

from upgradeproof.daemons import Daemon
from upgradeproof.plan.names import unit_name
from upgradeproof.probes.unit_files import UNIT_FILES

MAXIMUM_BYTES = 262_144
"""Of one program's output: the longest dump that was measured has 60,000."""

# Every program has its own files below $t, so that all can run at once, and a hang costs its own
# limit only. Pipes through `head` bound what a program prints, and a file keeps its exit status;
# a process that it leaves behind could hold a pipe open for ever, and can't.
_PRELUDE = rf"""
[ -d /run/systemd/system ] || exit 0
{UNIT_FILES}
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH
t=$(mktemp -d /run/upgradeproof.XXXXXX) || exit 1
trap 'rm -rf "$t"' EXIT
units=$(
  systemctl list-units --all --plain --no-legend --no-pager --type=service,socket |
    awk '$3 == "active" || $3 == "failed" || $3 == "activating" || $3 == "reloading" {{ print $1 }}'
  unit_files |
    awk -v wanted=" $wanted " '
      $1 !~ /\.(service|socket)$/ || $1 ~ /@\./ {{ next }}
      $2 ~ /^enabled/ || $2 == "generated" || index(wanted, " " $1 " ") {{ print $1 }}'
)
started=' '
run() {{  # daemon key unit timeout_s program command files
  case $started in *" $2 "*) return ;; esac
  started="$started$2 "
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >"$t/$2.head"
  [ -z "$7" ] || printf '%s\t%s\n' "$1" "$7" >>"$t/globs"
  (
    command -v "$5" || {{ echo missing >"$t/$2.status"; exit; }}
    export UNIT="$3"
    {{
      {{ timeout -k 1 "$4" sh -c "$6" 2>&1 >&3 3>&-; echo $? >"$t/$2.status"; }} |
        timeout $(($4 + 2)) head -c {MAXIMUM_BYTES} >"$t/$2.err"
    }} 3>&1 | timeout $(($4 + 2)) head -c {MAXIMUM_BYTES} >"$t/$2.out"
  ) </dev/null >/dev/null 2>&1 &
}}
"""
# The globs are expanded here, where patterns are on, and links followed: a package's sum is that of
# the file behind a link such as sites-enabled/default.
_READS = r"""
[ ! -f "$t/globs" ] || while IFS='	' read -r name globs; do
  readlink -f -- $globs 2>/dev/null | while IFS= read -r path; do
    [ ! -f "$path" ] || printf '%s\t%s\n' "$name" "$path"
  done
done <"$t/globs" >"$t/reads"
"""
_FINAL = r"""
wait
for head in "$t"/*.head; do
  [ -f "$head" ] || continue
  base=${head%.head}
  printf 'ran\t%s\t%s\t%s\t%s\n' "$(cat "$head")" "$(cat "$base.status" 2>/dev/null)" \
    "$(base64 -w 0 "$base.out" 2>/dev/null)" \
    "$(tail -c 4096 "$base.err" 2>/dev/null | base64 -w 0)"
done
exit 0
"""


def script(
    daemons: Mapping[str, Daemon],
    commands: Mapping[str, str],
    named: Iterable[str],
    *,
    files: Mapping[str, tuple[str, ...]] | None = None,
    then: str = "",
) -> str:
    """Return a script that runs one command of each daemon that the machine runs or the plan names.

    ``commands`` are shell scripts by the daemon's id, ``named`` the units that the plan names.
    Lines ``ran TAB daemon TAB key TAB unit TAB status TAB output TAB errors`` come out, the last
    two as base64; ``then`` is a script that runs before the programs have ended.
    """
    calls = [
        _call(name, daemon, commands[name], (files or {}).get(name, ()))
        for name, daemon in daemons.items()
        if name in commands
    ]
    # Each daemon has a `case` of its own: one unit may belong to several.
    cases = [line for call in calls for line in ("  case $unit in", call, "  esac")]
    return "\n".join(
        [
            f"wanted={shlex.quote(' '.join(map(unit_name, named)))}",
            _PRELUDE,
            "set -f",
            "for unit in $units; do",
            *(cases or ["  :"]),
            "done",
            "set +f",
            _READS if files else "",
            then,
            _FINAL,
        ]
    )


def _call(name: str, daemon: Daemon, command: str, files: tuple[str, ...]) -> str:
    key = '"${unit%.*}"' if daemon.per_unit else name
    return (
        f"    {'|'.join(daemon.units)}) "
        f'run {name} {key} "$unit" {daemon.timeout_s} {shlex.quote(daemon.needs)}'
        f" {shlex.quote(command)} {shlex.quote(' '.join(files))} ;;"
    )
