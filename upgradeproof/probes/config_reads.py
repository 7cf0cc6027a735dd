"""Read whether any process reads the plan's configuration files when the services start."""

from __future__ import annotations

import shlex
from typing import ClassVar

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.conffiles import Conffiles
from upgradeproof.probes.inputs import MAX_CONFIGS_WAIT_S, ProbeInputs
from upgradeproof.probes.text import rows

RESTART_TIMEOUT_S = 90
_LONG_AGO = 946684800
"""2000-01-01: an access time so old is replaced at the next read on every file system that records
access times, also with `relatime`."""

# The access time is set back, moved by a read of our own, and set back again: so it is known that
# this file system records it at all.
_SCRIPT = rf"""
[ -d /run/systemd/system ] || exit 0
set_back() {{ touch -a -c -d @{_LONG_AGO} -- "$1" 2>/dev/null; }}
accessed() {{ stat -L -c %X -- "$1" 2>/dev/null; }}
prepare() {{
  [ -f "$2" ] || {{ printf 'missing\t%s\n' "$1"; return; }}
  set_back "$2" || {{ printf 'fixed\t%s\n' "$1"; return; }}
  head -c 1 -- "$2" >/dev/null 2>&1
  [ "$(accessed "$2")" != {_LONG_AGO} ] || {{ printf 'fixed\t%s\n' "$1"; return; }}
  set_back "$2"; waiting="$waiting $1"
}}
look() {{
  case " $waiting " in *" $1 "*) ;; *) return ;; esac
  [ "$(accessed "$2")" = {_LONG_AGO} ] && left="$left $1"
}}
"""

# A service that is not allowed to write below /etc has it read-only, where no read is recorded. So
# the clone's services start without this part of their sandbox, and once more with it.
_SANDBOX = r"""
opened=
for unit in UNITS; do
  case $(systemctl show --value --property=DynamicUser "$unit") in yes) sealed=1 ;; esac
  case $(systemctl show --value --property=ProtectSystem "$unit") in
    full|strict) opened="$opened $unit" ;;
    *) [ -z "$(systemctl show --value --property=ReadOnlyPaths "$unit")" ] ||
      opened="$opened $unit" ;;
  esac
done
for unit in $opened; do
  mkdir -p "/run/systemd/system/$unit.d"
  printf '[Service]\nProtectSystem=no\nReadOnlyPaths=\n' \
    >"/run/systemd/system/$unit.d/zz-upgradeproof.conf"
done
[ -z "$opened" ] || systemctl daemon-reload
"""
_SANDBOX_AGAIN = rf"""
for unit in $opened; do
  rm "/run/systemd/system/$unit.d/zz-upgradeproof.conf"
  rmdir "/run/systemd/system/$unit.d" 2>/dev/null
done
[ -z "$opened" ] || {{ systemctl daemon-reload
  timeout {RESTART_TIMEOUT_S} systemctl restart $opened >/dev/null 2>&1; }}
"""
_UNKNOWN = {
    "down": "a service did not start again, and may have read it before it ended",
    "fixed": "its file system does not record access times",
    "sealed": "a service with DynamicUser= sees it read-only, which records no access time",
}
"""Why nothing is known of a file, by the word that the script prints."""


class ConfigRead(Record):
    """One configuration file that the plan names."""

    read_at_start: bool = False
    """Whether a process read it while the services of the plan were restarted."""
    problem: str = ""
    """Why that is not known; empty: it is."""


class ConfigReads(Probe[ConfigRead]):
    """Set access times back, restart the plan's services once, and look; the key is the path."""

    section = "config_reads"
    record: ClassVar[type[Record]] = ConfigRead
    intrusive = True

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; it restarts all services that the plan names."""
        paths = [shlex.quote(config.path) for config in inputs.configs]
        if not paths or not inputs.services:
            return ":"
        units = " ".join(map(shlex.quote, inputs.services))
        return "\n".join(
            [
                _SCRIPT,
                "waiting= sealed= unread=unread",
                *(f"prepare {index} {path}" for index, path in enumerate(paths)),
                _SANDBOX.replace("UNITS", units),
                '[ -z "$sealed" ] || unread=sealed',
                f"timeout {RESTART_TIMEOUT_S} systemctl restart {units} >/dev/null 2>&1 ||",
                "  unread=down",
                "same=0 before=",
                f"for second in $(seq {MAX_CONFIGS_WAIT_S}); do",
                "  left=",
                *(f"  look {index} {path}" for index, path in enumerate(paths)),
                '  [ -n "$left" ] || break',
                '  [ "$left" = "$before" ] && same=$((same + 1)) || same=0',
                f'  [ "$same" -lt {inputs.configs_wait_s} ] || break',
                "  before=$left",
                "  sleep 1",
                "done",
                'for index in $waiting; do case " $left " in',
                '  *" $index "*) printf \'%s\\t%s\\n\' "$unread" "$index" ;;',
                "  *) printf 'read\\t%s\\n' \"$index\" ;;",
                "esac; done",
                _SANDBOX_AGAIN,
                "exit 0",
            ]
        )

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, ConfigRead]:
        """Return the files; what is not there is no fact here."""
        paths = {str(index): config.path for index, config in enumerate(inputs.configs)}
        found = {}
        for cells in rows(output):
            match cells:
                case ["read" | "unread" as word, index] if index in paths:
                    found[paths[index]] = ConfigRead(read_at_start=word == "read")
                case [word, index] if index in paths and word in _UNKNOWN:
                    found[paths[index]] = ConfigRead(problem=_UNKNOWN[word])
        return found

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return that a file is read now: only one that is no longer read is a loss."""
        path = line.path.removeprefix(f"{cls.section}/")
        path = path if path in before[cls] or path in after[cls] else path.rpartition("/")[0]
        old, new = before[cls].get(path), after[cls].get(path)
        if new is not None and new.problem:
            return new.problem
        conffile = after[Conffiles].get(path)
        if new is not None and conffile is not None and conffile.unused:
            return f"{conffile.package} does not bring it any more, and no one edited it"
        if new is None or (old is not None and old.read_at_start and not new.read_at_start):
            return ""
        return "a process reads it now" if new.read_at_start else "no process read it before"
