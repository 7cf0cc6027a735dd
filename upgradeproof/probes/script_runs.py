"""Run the administrator's scripts on a clone, if the plan requires it, and read what they do."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.scripts import OBSERVE, key
from upgradeproof.probes.secrets import masked_text
from upgradeproof.probes.supervised import (
    ALL_JOBS_TIMEOUT_S,
    SUPERVISOR,
    Job,
    results,
)
from upgradeproof.probes.text import clean, decoded, general, number, rows

TIMEOUT_S = 60
"""Limit of one script."""
MAXIMUM_FILES = 100
"""Of those that one script writes, how many are recorded."""
MAXIMUM_TEXT_BYTES = 8192
"""Of a text file that a script writes; of a longer one the size alone is recorded."""
MAXIMUM_LINES = 100
"""Of each text and of each stream."""
# A file counts as written by the script if it is newer, and no process holds it open: what daemons
# write at the same time is not the script's.
_RUN = r"""
d=$(mktemp -d /run/upgradeproof-scripts.XXXXXX); trap 'rm -rf "$d"' EXIT
end=$(($(date +%s) + LIMIT))
written() {
  find /proc/[0-9]*/fd -lname '/*' -printf '%l\n' 2>/dev/null | sort -u >"$d/open"
  find / -xdev -newer "$d/mark" -type f \
    ! -path '/var/lib/systemd/*' ! -path '/var/log/journal/*' ! -path "$d/*" \
    -printf '%p\t%s\n' 2>/dev/null | awk -F '\t' -v open="$d/open" '
      BEGIN { while ((getline line <open) > 0) held[line] }
      !($1 in held)' | head -n FILES | while IFS=$(printf '\t') read -r path size; do
    text=
    if [ "$size" -le TEXT ] && grep -Iq . "$path" 2>/dev/null; then text=$(base64 -w 0 "$path"); fi
    printf 'written\t%s\t%s\t%s\n' "$path" "$size" "$text"
  done
}
as_cron='export PATH=/usr/bin:/bin; cd; '
observe | head -n 200 >"$d/list"
while IFS=$(printf '\t') read -r kind place user command <&3; do
  left=$((end - $(date +%s))); [ "$left" -gt 0 ] || left=0
  printf 'script\t%s\t%s\t%s\n' "$kind" "$place" "$command"
  case $kind in
  cron) run="$as_cron$command" ;;
  timer) run="since=\$(date +%s); systemctl start '$command'; status=\$?
    journalctl -q --no-pager -o cat -p warning -u '$command' --since=@\$since -n 30 >&2
    exit \$status" ;;
  *) run="cd; exec '$command'" ;;
  esac
  : >"$d/mark"; sleep 0.02
  perl -e PROGRAM -- "$left" TIMEOUT "$user" "$run" 3<&-
  written
done 3<"$d/list"
"""


class ScriptRun(Record):
    """What a script did on a clone. All is volatile: checks compare it."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {"exit_status", "stdout", "stderr", "written", "texts", "problem"}
    )
    exit_status: int | None = None
    """None: there is a problem."""
    stdout: tuple[str, ...] = ()
    stderr: tuple[str, ...] = ()
    written: dict[str, int] = Field(default_factory=dict)
    """Sizes, in bytes, of the files that it wrote, by their path; numbers in it are an N."""
    texts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """The lines of those of them that are short texts, secrets masked."""
    problem: str = ""
    """Such as: it did not end in its time."""


class ScriptRuns(Probe[ScriptRun]):
    """Run each script that the section ``scripts`` lists, one after the other; the same keys.

    Each runs as cron would run it, without input and terminal.
    """

    section = "script_runs"
    record: ClassVar[type[Record]] = ScriptRun
    intrusive = True

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script."""
        if not inputs.run_scripts:
            return ":"
        run = _RUN.replace("PROGRAM", SUPERVISOR).replace("FILES", str(MAXIMUM_FILES))
        run = run.replace("TEXT", str(MAXIMUM_TEXT_BYTES))
        run = run.replace("TIMEOUT", str(TIMEOUT_S)).replace("LIMIT", str(ALL_JOBS_TIMEOUT_S))
        return f"{OBSERVE}{run}:"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, ScriptRun]:
        """Return what each script did."""
        found: dict[str, ScriptRun] = {}
        current = ""
        for cells in rows(output):
            match cells:
                case ["script", kind, place, command]:
                    current = key(kind, clean(place), clean(command))
                case ["job", *_] if current:
                    found[current] = _run("\t".join(cells))
                case ["written", path, size, text] if current in found:
                    found[current] = _with_file(found[current], general(clean(path)), size, text)
        return found


def _with_file(record: ScriptRun, name: str, size: str, text: str) -> ScriptRun:
    written = {**record.written, name: number(size) or 0}
    texts = dict(record.texts)
    if text:
        texts[name] = _lines(clean(decoded(text).decode("utf-8", "replace")))
    return record.model_copy(update={"written": written, "texts": texts})


def _lines(text: str) -> tuple[str, ...]:
    lines = masked_text(text).split("\n")
    return tuple(line.rstrip() for line in lines if line.strip())[:MAXIMUM_LINES]


def _run(line: str) -> ScriptRun:
    (done,) = results(line, (Job(script="", timeout_s=TIMEOUT_S),))
    return ScriptRun(
        exit_status=done.exit_status,
        stdout=_lines(done.stdout),
        stderr=_lines(done.stderr),
        problem=done.problem,
    )
