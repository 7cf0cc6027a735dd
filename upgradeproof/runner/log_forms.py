"""How the lines of a log begin: what the programs that read a log look for."""

from __future__ import annotations

import re
import shlex

from upgradeproof.machines import Machine
from upgradeproof.plan import Log
from upgradeproof.probes.text import clean

TIMEOUT_S = 60.0
_OLD_LINES, _STAMP_LENGTH = 50, 60
_STAMP = re.compile(
    r"[^\w\s]{0,3}(?:\d+|[-:/.,+ \[\]]|T(?=\d)|Z\b|[AP]M\b|(?:UTC|GMT|CES?T)\b"
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b)*"
)
_NAMES = re.compile("[A-Z][a-z]{2}")
# Four digits elsewhere are the id of a process, or a part of an address or of a second.
_YEAR = re.compile(
    r"(?<!\d)(?:19|20)\d{2}(?=[-/.]\d)|(?:(?<=[-/ ])|(?<=\b\d\d\.\d\d\.))(?:19|20)\d{2}(?!\d)"
)
# The service may write a little later than it answers.
_WRITTEN = r"""
before=$(stat -c %s "$file" 2>/dev/null || echo 0)
write >/dev/null 2>&1 </dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ "$(stat -c %s "$file" 2>/dev/null || echo 0)" -le "$before" ] || break
  sleep 0.2
done
tail -c "+$((before + 1))" "$file" 2>/dev/null | head -n 20
"""


def form(line: str) -> str:
    """Return the time at the beginning of a line in words for its parts; empty: there is none."""
    found = _STAMP.match(line[:_STAMP_LENGTH])
    text = found[0].strip() if found else ""
    if not re.search(r"\d", text):
        return ""
    text = _YEAR.sub("YYYY", _NAMES.sub("Mon", text))
    return re.sub(r"\d+", "N", text)


def forms_before(machine: Machine, log: Log) -> frozenset[str]:
    """Return the forms of the last lines of a log; the machine is not changed."""
    done = machine.run(
        f"tail -n {_OLD_LINES} -- {shlex.quote(log.path)} 2>/dev/null", timeout_s=TIMEOUT_S
    )
    return frozenset(form(line) for line in done.text.split("\n") if line)


def lines_written(machine: Machine, log: Log) -> tuple[str, ...]:
    """Let the service write to a log, and return the new lines."""
    given = f"file={shlex.quote(log.path)}\nwrite() (\n{log.write}\n)\n"
    done = machine.run(given + _WRITTEN, timeout_s=TIMEOUT_S)
    return tuple(line for line in clean(done.text).split("\n") if line)


def other_form(before: frozenset[str], lines: tuple[str, ...]) -> str:
    """Return how a log's lines begin now, where none begins as before; else ""."""
    now = [form(line) for line in lines]
    if before.intersection(now):
        return ""
    return next(filter(None, now), "no time")
