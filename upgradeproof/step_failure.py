"""Why a step failed: whose fault it is, and the lines of its output that show it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from upgradeproof.command import TAIL_LINES
from upgradeproof.errors import UpgradeproofError
from upgradeproof.machines import Machine

LINES_BEFORE = 12
"""Lines to print before each error of dpkg: a maintainer script prints its reason there."""
LAST_LINES = 8
MAXIMUM_LINES = 60
JOURNAL_LINES = 12
UNITS = 5
"""How many failed units are quoted; a machine whose bus is gone may have dozens."""

FILES = 2
"""How many log files of a unit are quoted, the newest first."""

_UNREACHABLE = re.compile(r"^E: Failed to fetch (?!file:|copy:|cdrom:)\S+ .*", re.MULTILINE)
"""What apt prints of a file that a server did not deliver: out of reach, missing (404), cut off, or
not what its list specifies. A repository on the machine itself (``file:``) is the product's own."""
_UNTRUSTED = re.compile(
    r"^.*(?:NO_PUBKEY|EXPKEYSIG|REVKEYSIG|BADSIG|is not signed|could ?n[o']t be verified"
    r"|sqv returned an error|invalid signature).*",
    re.MULTILINE | re.IGNORECASE,
)
"""What apt prints of a repository whose signature it does not accept: no fault of the network."""
_DPKG_ERROR = re.compile(r"dpkg: error processing|dpkg: error:|dpkg-deb: error")
_DECISIVE = re.compile(r"^(?:E: |Job for .* failed|Failed to |.*: (?:fatal|error): )")

_FAILED_UNITS = r"""
journalctl --sync >/dev/null 2>&1
systemctl list-units --no-legend --no-pager --plain --state=failed,auto-restart 2>/dev/null |
  cut -d ' ' -f 1 | head -n UNITS | while IFS= read -r unit; do
    echo "the last journal lines of $unit:"
    journalctl --no-pager --quiet --unit="$unit" -n LINES -o cat 2>/dev/null | sed 's/^/  /'
    user=$(systemctl show --property=User --value -- "$unit"); [ "$user" != root ] || user=
    name=${unit%.service}
    find /var/log -path /var/log/journal -prune -o -type f -size +0 -mmin -10 \
      \( -path "*/${name%%@*}*" ${user:+-o -user "$user"} \) ! -name '*[.]gz' \
      -printf '%T@ %p\n' 2>/dev/null | sort -rn | head -n FILES | cut -d ' ' -f 2- |
      while IFS= read -r file; do
        echo "the last lines of $file:"; tail -n LINES -- "$file" | cut -c -300 | sed 's/^/  /'
      done
  done
"""
"""A unit that systemd starts again after each failure is not failed in between. A daemon that logs
to a file of its own prints its reason there: a file of the unit's user or name that was written in
the last ten minutes."""


def lost_archive(output: str) -> str:
    """Return apt's line about a file that a server did not deliver, or "": there is none."""
    found = _UNREACHABLE.search(output)
    return found.group() if found else ""


def untrusted(output: str) -> str:
    """Return apt's line about a signature that it does not accept, or "": there is none."""
    found = _UNTRUSTED.search(output)
    return found.group() if found else ""


def decisive_lines(output: str) -> str:
    """Return the lines that show why a step failed, in their order, at most MAXIMUM_LINES.

    These are the lines before each error of dpkg, the errors of apt and systemd, and the end of the
    output. An output without such errors is shown by its last TAIL_LINES lines.
    """
    lines = output.strip().splitlines()
    wanted: set[int] = set()
    for at, line in enumerate(lines):
        if _DPKG_ERROR.search(line):
            wanted.update(range(max(0, at - LINES_BEFORE), at + 2))
        elif _DECISIVE.search(line):
            wanted.add(at)
    if not wanted:
        return "\n".join(lines[-TAIL_LINES:])
    wanted.update(range(len(lines) - LAST_LINES, len(lines)))
    return "\n".join(_joined(lines, sorted(at for at in wanted if 0 <= at < len(lines))))


def _joined(lines: Sequence[str], places: Sequence[int]) -> list[str]:
    """Return some lines, with a mark where others were left out."""
    places = places[-MAXIMUM_LINES:]
    found: list[str] = []
    for before, at in zip([places[0] - 1, *places], places, strict=False):
        if at != before + 1:
            found.append("[...]")
        found.append(lines[at])
    return found


def failed_units(machine: Machine) -> str:
    """Return the last lines, of any priority, that failed units logged; "" without any."""
    script = (
        _FAILED_UNITS.replace("UNITS", str(UNITS))
        .replace("LINES", str(JOURNAL_LINES))
        .replace("FILES", str(FILES))
    )
    try:
        return machine.run(script, timeout_s=20.0).text
    except UpgradeproofError:  # a machine that is down: the step's own failure counts
        return ""
