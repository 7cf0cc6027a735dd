"""The catalogue: one folder for each case, with its plan, and the good twins of the cases.

A case never goes into the engine: its folder has the plan that an administrator would write, and
`case.toml` specifies what must detect it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import Field

from upgradeproof.errors import PlanError
from upgradeproof.plan.loading import Model, load, nearest

FOLDER = "field-cases"
CASE, PLAN, DEFECT, TWINS = "case.toml", "upgrade.toml", "defect.toml", "twins"
SHOWS = "test_fault_shows.py"
"""The tests that check whether a fault shows at all; they are next to the cases."""


class Detection(Model):
    """One way in which a case may be detected: a kind of check, and texts of its message."""

    checks: tuple[str, ...] = Field(min_length=1)
    """Globs over check ids: one of them must fit a check that failed."""
    message_contains: tuple[str, ...] = Field(min_length=1)
    """Texts that must all be in its message, in upper or lower case."""


class Case(Model):
    """The contents of one `case.toml`."""

    case: str
    """The failure; several folders with the same one are its variants."""
    title: str
    kind: str
    source: tuple[str, ...] = Field(min_length=1)
    """Where it was reported."""
    environment: str
    """`ctr`: a container; `ctr+boot`: it shows after a boot; `vm`: a machine with a kernel of its
    own; `deb`: a package of our own."""
    plan: str = "."
    """The folder of its plan, relative to its own."""
    twin: str
    """The plan without the fault: a folder of `twins`, or the folder `plan` without the defect."""
    fault_script: str = ""
    """A script that exits 0 where the fault shows; empty: only the checks show it."""
    detected_by: tuple[Detection, ...] = Field(min_length=1)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One folder of the catalogue."""

    id: str
    """The folder, relative to the catalogue."""
    folder: Path
    case: Case

    @property
    def plan(self) -> Path:
        """Return the folder of its plan."""
        return (self.folder / self.case.plan).resolve()

    @property
    def defect(self) -> Path | None:
        """Return the defect that makes a bad release of a good one, if it has one."""
        path = self.folder / DEFECT
        return path if path.is_file() else None

    @property
    def group(self) -> str:
        """Return the folder that it is in; empty for the field cases."""
        return "" if "/" not in self.id else self.id.rpartition("/")[0]


def find_cases(root: Path, globs: Sequence[str] = ()) -> tuple[Entry, ...]:
    """Return the cases of a catalogue that fit one of the globs, or all, in order.

    A glob fits a case's id, the number of its failure, or the folder that it is in. Raises
    PlanError for a glob that fits none, a wrong file, and a twin that is not there.
    """
    folder = root / FOLDER
    every = [_read(folder, path.parent) for path in sorted(folder.rglob(CASE))]
    if not every:
        raise PlanError(f"there are no cases in {folder}", details=f"looked for */{CASE}")
    for glob in globs:
        if not any(_fits(entry, glob) for entry in every):
            raise PlanError(f"no case fits {glob!r}; {nearest(glob, [e.id for e in every])}")
    chosen = [e for e in every if not globs or any(_fits(e, glob) for glob in globs)]
    return tuple(sorted(chosen, key=lambda entry: (entry.group, entry.case.case, entry.id)))


def twin_of(root: Path, entry: Entry) -> Path:
    """Return the folder of a case's good twin. Raises PlanError where there is none."""
    folder = root / FOLDER
    for found in (folder / TWINS / entry.case.twin, folder / entry.case.twin):
        if (found / PLAN).is_file():
            return found
    names = [path.parent.name for path in (folder / TWINS).glob(f"*/{PLAN}")]
    raise PlanError(
        f"{entry.folder / CASE}: there is no twin {entry.case.twin!r}; "
        f"{nearest(entry.case.twin, names)}"
    )


def _read(root: Path, folder: Path) -> Entry:
    entry = Entry(
        id=folder.relative_to(root).as_posix(), folder=folder, case=load(folder / CASE, Case)
    )
    if not (entry.plan / PLAN).is_file():
        raise PlanError(f"{folder / CASE}: there is no {PLAN} in {entry.plan}")
    return entry


def _fits(entry: Entry, glob: str) -> bool:
    names = (entry.id, entry.case.case, entry.group)
    return any(fnmatchcase(name, glob) for name in names if name)
