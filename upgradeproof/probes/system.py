"""Read which system this is and whether its init finds it in order."""

from __future__ import annotations

import shlex
from typing import ClassVar

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.operating_system import OperatingSystem
from upgradeproof.probes.services import Services
from upgradeproof.probes.text import clean

_SCRIPT = r"""
systemctl is-system-running 2>/dev/null || :
grep -E '^(ID|VERSION_ID|VERSION_CODENAME|PRETTY_NAME)=' /etc/os-release || :
"""


class System(Probe[OperatingSystem]):
    """Read one record, keyed ``system``."""

    section = "system"
    record: ClassVar[type[Record]] = OperatingSystem

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Explain another state of the whole system by the units: which of them failed."""
        if line.path != "system/system/state":
            return ""
        if line.before == "degraded" and line.after == "running":
            return "no unit is failed any more"
        if (
            line.before != "running"
            or line.after != "degraded"
            or _failing(after) - _failing(before)
        ):
            return ""
        return "the units that failed had failed before, too"

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, OperatingSystem]:
        """Return the system; a state that can't be read is ``unknown``, a field empty."""
        lines = [line.partition("=") for line in clean(output).split("\n") if line]
        state = next((word for word, equals, _ in lines if not equals), "unknown")
        fields = {name: _unquote(value) for name, equals, value in lines if equals}
        return {
            "system": OperatingSystem(
                state=state,
                id=fields.get("ID", ""),
                version=fields.get("VERSION_ID", ""),
                codename=fields.get("VERSION_CODENAME", ""),
                name=fields.get("PRETTY_NAME", ""),
            )
        }


def _failing(facts: Facts) -> set[str]:
    """Return the units that fail."""
    return {name for name, unit in facts[Services].items() if unit.fails}


def _unquote(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value
