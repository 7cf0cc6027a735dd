"""The report: the result of every case and of every good twin, and the numbers that follow."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import computed_field

from upgradeproof.defects.detection import GoodCell
from upgradeproof.defects.judgement import Sighting
from upgradeproof.files import write_result
from upgradeproof.results.base import Frozen

Result = Literal["caught", "by_chance", "missed", "not_reproduced", "unknown", "broken", "not_run"]
TARGET = {"": 1 - 3 / 28}
"""The share of the failures of a group that must be caught: of the field cases 25 of 28."""
TARGET_OF_OTHERS = 1.0


class Outcome(Frozen):
    """The result of one folder of the catalogue."""

    id: str
    case: str
    group: str
    title: str
    result: Result = "not_run"
    detected_by: tuple[Sighting, ...] = ()
    """The checks that detected it, each with the line that names the cause."""
    failed: tuple[Sighting, ...] = ()
    """Everything that failed."""
    problem: str = ""
    """Why nothing is known, or why the fault did not show."""
    duration_s: float | None = None


class Group(Frozen):
    """The numbers of one folder of cases. Variants of a failure count as one."""

    name: str
    caught: int
    failures: int
    wanted: int

    @property
    def good(self) -> bool:
        """Return whether enough were detected."""
        return self.caught >= self.wanted


class Report(Frozen):
    """All cases that were chosen, and what is known of them so far."""

    schema_version: Literal[1] = 1
    started_at: str
    duration_s: float = 0.0
    cases: tuple[Outcome, ...]
    twins: tuple[GoodCell, ...]

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorated property
    @property
    def groups(self) -> tuple[Group, ...]:
        """Return the numbers of each group; a failure is caught if all its variants are."""
        names = dict.fromkeys(each.group for each in self.cases)
        return tuple(_numbers(name, [e for e in self.cases if e.group == name]) for name in names)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def false_alarms(self) -> int:
        """Return how many checks failed, or states were not reached, in good twins."""
        return sum(len(twin.false_alarms) for twin in self.twins)

    @property
    def good(self) -> bool:
        """Return whether the target is met: enough cases detected, no failure in a good twin."""
        return all(group.good for group in self.groups) and all(
            twin.verdict == "good" for twin in self.twins
        )

    def with_(self, result: Outcome | GoodCell, duration_s: float) -> Report:
        """Return the report with one more result, ``duration_s`` after its beginning."""
        update: dict[str, object] = {"duration_s": duration_s}
        if isinstance(result, Outcome):
            update["cases"] = tuple(result if e.id == result.id else e for e in self.cases)
        else:
            update["twins"] = tuple(result if t.key == result.key else t for t in self.twins)
        return self.model_copy(update=update)

    def write(self, path: Path) -> None:
        """Write the report as JSON, atomically.

        Raises HarnessError when it can't be written.
        """
        write_result(path, self.model_dump_json(indent=1) + "\n")


def _numbers(name: str, cases: list[Outcome]) -> Group:
    failures = dict.fromkeys(each.case for each in cases)
    caught = [
        failure
        for failure in failures
        if all(each.result == "caught" for each in cases if each.case == failure)
    ]
    share = TARGET.get(name, TARGET_OF_OTHERS)
    wanted = round(share * len(failures))
    return Group(name=name, caught=len(caught), failures=len(failures), wanted=wanted)
