"""Read the versions of components that are no packages, by the commands that the plan names."""

from __future__ import annotations

import re
import shlex
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, decoded, number, rows

COMMAND_TIMEOUT_S = 10
MAXIMUM_OUTPUT_BYTES = 4096

_SCRIPT = rf"""
component() {{
  output=$(timeout {COMMAND_TIMEOUT_S} sh -c "$2" 2>&1); status=$?
  printf 'component\t%s\t%s\t%s\n' "$1" "$status" \
    "$(printf '%s' "$output" | head -c {MAXIMUM_OUTPUT_BYTES} | base64 -w 0)"
}}
"""
_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+[A-Za-z0-9+~-]*)", re.ASCII)


class PrintedVersion(Record):
    """The version that a command printed."""

    version: str


class Components(Probe[PrintedVersion]):
    """Run the plan's commands; the key is the command. None where it fails: it is not installed.

    The first word of the output that looks like a version with a dot counts, so that
    ``nginx version: nginx/1.21.3`` and ``OpenSSL 1.1.1k  25 Mar 2021`` are both understood.
    """

    section = "components"
    record: ClassVar[type[Record]] = PrintedVersion

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script."""
        calls = [
            f"component {index} {shlex.quote(command)}"
            for index, command in enumerate(inputs.commands)
        ]
        return "\n".join([_SCRIPT, *calls, ":"])

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, PrintedVersion]:
        """Return the versions of those that are installed."""
        versions: dict[str, PrintedVersion] = {}
        for cells in rows(output):
            match cells:
                case ["component", index, "0", encoded] if (at := number(index)) is not None:
                    printed = clean(decoded(encoded).decode("utf-8", "replace"))
                    found = _VERSION.search(printed)
                    if found and at < len(inputs.commands):
                        versions[inputs.commands[at]] = PrintedVersion(version=found[1])
        return versions
