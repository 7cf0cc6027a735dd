"""The facts of a cell's states, as files have them: only the sections that a scan needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from upgradeproof.errors import HarnessError
from upgradeproof.probes import Probe
from upgradeproof.probes.base import Record
from upgradeproof.results import Cell
from upgradeproof.results.reading import read

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class ScannedMachine:
    """The machine of a cell in its states; facts are read when they are asked for."""

    cell: Cell
    folder: Path

    def facts(self, state: str) -> str:
        """Return the path of a state's facts in the folder; empty: there are none."""
        for each in self.cell.states:
            path = (self.folder / each.facts).resolve()
            inside = path.is_relative_to(self.folder.resolve())
            if each.name == state and each.facts and inside and path.is_file():
                return each.facts
        return ""

    def records(self, state: str, probe: type[Probe[R]]) -> Mapping[str, R] | None:
        """Return the facts of a section in a state; None where it was not read.

        Raises HarnessError for a file that holds no facts of this version.
        """
        path = self.facts(state)
        if not path:
            return None
        try:
            sections: dict[str, dict[str, Any]] = json.loads(read(self.folder / path))
            found = sections.get(probe.section)
            if found is None:
                return None
            records = {key: probe.record.model_validate(each) for key, each in found.items()}
        except (ValueError, AttributeError, RecursionError, ValidationError):
            raise HarnessError(
                f"{path} holds no facts of this version", resolution="run the suite again"
            ) from None
        return cast("Mapping[str, R]", records)
