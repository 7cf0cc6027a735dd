"""Run the configuration checks that the daemons bring themselves, also where no plan names one."""

from __future__ import annotations

import re
from typing import ClassVar

from upgradeproof.daemons import Daemon
from upgradeproof.probes import daemon_scripts
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.secrets import masked_text
from upgradeproof.probes.services import unit_changed
from upgradeproof.probes.text import clean, decoded, general, number, rows

LINES, LINE_LENGTH, DECISIVE_LINES = 40, 400, 8
"""How much of what a checker prints is stored; the decisive lines are the last ones."""
_COMPLAINT = re.compile(
    r"deprecat|obsolete|will be removed|no longer|unknown|ignor|unsupported|not supported|"
    r"unrecognized|unused parameter",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"error|fatal|alert|emerg|invalid|fail|\bbad\b|missing|unknown|no longer|not (?:found|allowed)",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b"
)
_SECONDS_OUT = 124, 137


def complaints(output: str) -> tuple[str, ...]:
    """Return the lines about settings that are out of date, unknown or without effect."""
    return tuple(dict.fromkeys(line for line in output.split("\n") if _COMPLAINT.search(line)))


def decisive(output: str) -> list[str]:
    """Return the lines of a refusal that name an error, else the last ones."""
    lines = output.split("\n")
    return ([line for line in lines if _ERROR.search(line)] or lines)[-DECISIVE_LINES:]


def new_complaints(before: str, after: str) -> list[str]:
    """Return the complaints in ``after`` that ``before`` has not, whatever their time and place."""
    known = {_shape(line) for line in complaints(before)}
    return [line for line in complaints(after) if _shape(line) not in known]


def _shape(line: str) -> str:
    return _DAY.sub("D", general(line))


class ConfigCheck(Record):
    """What one daemon's own checker answered about the configuration on the disk."""

    volatile: ClassVar[frozenset[str]] = frozenset({"command", "output", "unit"})
    daemon: str
    """The name of the data file in ``upgradeproof/daemons``."""
    unit: str
    """The unit that made the engine ask."""
    command: str = ""
    """What was run; of a longer script, whose check it is."""
    accepted: bool = False
    problem: str = ""
    """Why there is no answer: the checker is missing, or took too long; empty with one."""
    output: str = ""
    """The last lines of what it printed, secrets masked."""


class ConfigChecks(Probe[ConfigCheck]):
    """Ask the checker of every daemon whose unit is active, failed, enabled, or in the plan.

    The key is the daemon's id, or the unit without its type where each instance has a
    configuration of its own.
    """

    section = "config_checks"
    cost_ms = 350
    record: ClassVar[type[Record]] = ConfigCheck

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; all checkers run at once, each within its limit."""
        # A checker's complaints come on either stream.
        commands = {
            name: f"exec 2>&1\n{daemon.check}"
            for name, daemon in inputs.daemons.items()
            if daemon.check
        }
        return daemon_scripts.script(inputs.daemons, commands, inputs.services)

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, ConfigCheck]:
        """Return the answers; one that can't judge is left out."""
        found = {}
        for cells in rows(output):
            match cells:
                case ["ran", name, key, unit, status, out, _] if name in inputs.daemons:
                    daemon = inputs.daemons[name]
                    printed = _printed(out)
                    if any(text in printed for text in daemon.inconclusive):
                        continue
                    found[clean(key)] = ConfigCheck(
                        daemon=name,
                        unit=clean(unit),
                        command=_short(daemon),
                        accepted=status == "0",
                        problem=_problem(status, daemon.needs, daemon.timeout_s),
                        output=printed,
                    )
        return found

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return the unit that was added or removed, or that the checker is there only now."""
        key = line.path.partition("/")[2]
        old, new = before[cls].get(key), after[cls].get(key)
        found = old or new
        name = key.rpartition("/")[0]
        was, now = before[cls].get(name), after[cls].get(name)
        if was and now and was.problem and now.accepted:
            return "its checker gives an answer now, and accepts the configuration"
        if found is None or (old and new) or (new and not new.accepted):
            return ""
        changed = unit_changed(found.unit, before, after)
        return f"{found.unit} came, went or changed: see services/{found.unit}" if changed else ""


def _printed(encoded: str) -> str:
    text = clean(decoded(encoded).decode("utf-8", "replace").replace("\r\n", "\n"))
    lines = [line.rstrip()[:LINE_LENGTH] for line in text.split("\n") if line.strip()]
    return masked_text("\n".join(lines[-LINES:]))


def _short(daemon: Daemon) -> str:
    command = daemon.check.strip()
    return f"the check of {daemon.title}" if "\n" in command else command


def _problem(status: str, program: str, timeout_s: int) -> str:
    if status == "missing":
        return f"there is no program {program}"
    code = number(status)
    if code in _SECONDS_OUT:
        return f"no answer within {timeout_s} s"
    return "" if code is not None else "it left no exit status"
