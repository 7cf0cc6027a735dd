"""Which scripts interpreters run, and which of them were replaced since: a part of ``stale``.

An interpreter closes a script that it has read, so that the kernel shows nothing of it. But one
that was unpacked after its process had started is not the one that runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from upgradeproof.machines import clock

# Prints the clocks, and sets `scripts`: a line an interpreter, with its start in ticks of the
# uptime, when its script changed (empty: it is gone), and the script. What is no option, nor an
# option's value, is the script, unless an option is followed by code.
SCRIPT = r"""
read -r uptime _ </proc/uptime
printf 'now\t%s\t%s\n' "$(date +%s.%N)" "$uptime"
sed 's/^/jump /; s/ /\t/g' JUMPS 2>/dev/null
script_of() {
  tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | awk -v interpreter="$2" '
    BEGIN {
      code["sh"] = "cs"; code["python"] = "cm"; code["perl"] = "eE"; code["ruby"] = "e"
      value["sh"] = "^([-+]o|--rcfile|--init-file)$"; value["python"] = "^-[WX]$"
      value["perl"] = "^-I$"; value["ruby"] = "^-[IrC]$"
    }
    NR == 1 || skipped { skipped = 0; next }
    $0 ~ value[interpreter] { skipped = 1; next }
    $0 ~ "^-[^-]*[" code[interpreter] "]" { exit }
    /^[-+]/ { next }
    { print; exit }'
}
scripts=$(find /proc/[0-9]* -maxdepth 1 -name exe \( -lname '*/python[0-9]*' -o -lname '*/perl*' \
    -o -lname '*/ruby*' -o -lname '*/bash' -o -lname '*/dash' \) -printf '%h %l\n' 2>/dev/null |
  sed -E 's,^/proc/([0-9]+) .*/(python|perl|ruby)?.*,\1 \2,' | while read -r pid interpreter; do
    script=$(script_of "$pid" "${interpreter:-sh}")
    case $script in
      '') continue ;;
      /*) ;;
      *) script=$(readlink "/proc/$pid/cwd")/$script
        [ -f "/proc/$pid/root$script" ] || continue ;;
    esac
    [ ! -d "/proc/$pid/root$script" ] && read -r line 2>/dev/null <"/proc/$pid/stat" || continue
    set -- ${line##*) }
    printf 'script\t%s\t%s\t%s\t%s\n' "$pid" "${20}" \
      "$(stat -c %.3Z "/proc/$pid/root$script" 2>/dev/null)" "$script"
  done)
""".replace("JUMPS", clock.JUMPS)
_TICKS_PER_S = 100
"""The kernel's unit of a process's start, for programs: USER_HZ, the same on every machine."""
_UNCERTAIN_S = 1.0
"""By which two looks at two clocks may disagree on a slow machine. What an upgrade replaces has run
for longer than that; what it starts was unpacked before."""


def replaced(lines: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield the id of each process whose script changed, or went, after its start; and the script.

    ``lines`` are the cells of what the script prints; others are passed over.
    """
    booted_at = 0.0
    jumps: list[tuple[float, float]] = []
    for cells in lines:
        match cells:
            case ["now", now, uptime]:
                booted_at = _seconds(now) - _seconds(uptime)
            case ["jump", uptime, before, after]:
                jumps.append((_seconds(uptime), _seconds(after) - _seconds(before)))
            case ["script", pid, ticks, changed, path]:
                started = _seconds(ticks) / _TICKS_PER_S
                date = booted_at + started - sum(by for when, by in jumps if when > started)
                if not changed or _seconds(changed) > date + _UNCERTAIN_S:
                    yield pid, path


def _seconds(text: str) -> float:
    """Return a number as the machine printed it; 0 for what is none."""
    return float(text) if re.fullmatch(r"\d+(?:\.\d+)?", text, re.ASCII) else 0.0
