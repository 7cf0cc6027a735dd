"""Read the errors that the system's journal recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.services import Services
from upgradeproof.probes.text import clean, general, number

MAXIMUM_MESSAGES = 10_000
"""The newest ones are read; a service that logs more errors than that has one cause."""
MAXIMUM_LENGTH = 300
"""Characters of a message that distinguish it from others: the rest is data."""

_FIELDS = "MESSAGE,PRIORITY,UNIT,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER"


class JournalError(Record):
    """One kind of message, without what differs from one time to the next."""

    volatile: ClassVar[frozenset[str]] = frozenset({"count", "sample"})
    unit: str
    priority: int
    """The most serious one seen: 3 is error, 2 critical, 1 alert, 0 emergency."""
    count: int
    sample: str
    """The first message as it was."""


class Journal(Probe[JournalError]):
    """Read messages of priority error and above since the state began.

    The key is unit and message with numbers and hexadecimal strings replaced, so that the same
    error in both states is the same key. A machine without journald has none.
    """

    section = "journal"
    events = True
    record: ClassVar[type[Record]] = JournalError

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Explain another error of a unit that had failed before: it works as little as it did."""
        error = after[cls].get(line.path.removeprefix(f"{cls.section}/"))
        states = [facts[Services].get(error.unit) for facts in (before, after)] if error else []
        if error and all(state and state.fails for state in states):
            return f"{error.unit} had failed before, too"
        return ""

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; no journal is no error."""
        return (
            "command -v journalctl >/dev/null || exit 0\n"
            f"journalctl --quiet --no-pager --priority=3 --since=@{inputs.since:.6f}"
            f" --lines={MAXIMUM_MESSAGES} --output=json --output-fields={_FIELDS} || :"
        )

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, JournalError]:
        """Return the messages; a line that is not a JSON object becomes a fact of its own."""
        messages: dict[str, JournalError] = {}
        for line in filter(None, output.split("\n")):
            entry = _entry(line)
            unit = _text(
                entry.get("UNIT") or entry.get("_SYSTEMD_UNIT") or entry.get("SYSLOG_IDENTIFIER")
            )
            sample = _text(entry.get("MESSAGE"))[:MAXIMUM_LENGTH]
            priority = number(_text(entry.get("PRIORITY")))
            key = general(f"{unit}: {sample}")
            seen = messages.get(key)
            messages[key] = JournalError(
                unit=seen.unit if seen else unit,
                priority=min(seen.priority if seen else 7, 3 if priority is None else priority),
                count=seen.count + 1 if seen else 1,
                sample=seen.sample if seen else sample,
            )
        return messages


def _entry(line: str) -> Mapping[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if isinstance(entry, dict):
        return entry
    return {"UNIT": "journalctl", "MESSAGE": f"not a journal entry: {line[:100]}"}


def _text(value: object) -> str:
    """Return a field as text: journald writes bytes as numbers, repeated fields as a list."""
    if isinstance(value, list):
        try:
            return clean(bytes(value).decode("utf-8", "replace"))
        except (TypeError, ValueError):
            return _text(value[0]) if isinstance(value[0], str) else ""
    return clean(value) if isinstance(value, str) else ""
