"""What was accepted since a run, in a file next to run.json."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.errors import HarnessError
from upgradeproof.plan import KnownChange
from upgradeproof.results import Cell, Change
from upgradeproof.results.base import Frozen
from upgradeproof.states import OF_A_ROLLBACK

FILE_NAME = "accepted.json"


class Accepted(Frozen):
    """One expected change that was written into a plan after the run."""

    product: str
    upgrade: str = ""
    """The upgrade below which it is written, such as ``12-to-13``; empty: it is for all."""
    cells: tuple[str, ...] = ()
    """The cells that it is for, where these are not all that take the upgrade; empty: all."""
    rollback: bool = False
    """Whether it describes what a rollback leaves behind."""
    facts: tuple[str, ...]
    kind: ChangeKind | None = None
    reason: str
    before: str
    """The plan's SHA-256 before the edit."""
    after: str
    """The plan's SHA-256 after it."""

    def covers(self, change: Change) -> bool:
        """Return whether a line of the diff is one of these, as the plan does."""
        expected = KnownChange(facts=self.facts, kind=self.kind, reason=self.reason)
        return expected.covers(change.path, change.kind)

    def holds_for(self, cell: Cell, state: str) -> bool:
        """Return whether it is for a state of a cell."""
        return (
            cell.product == self.product
            and (not self.upgrade or takes(cell, self.upgrade))
            and (not self.cells or cell.id in self.cells)
            and (state in OF_A_ROLLBACK) is self.rollback
        )


_LEDGER = TypeAdapter(tuple[Accepted, ...])


def upgrade_of(cell: Cell) -> str:
    """Return the path of a cell's upgrade: ``12-to-13``."""
    return cell.upgrade.removeprefix(f"{cell.product}-")


def takes(cell: Cell, path: str) -> bool:
    """Return whether a cell's upgrade is this one, or goes via it."""
    releases, wanted = upgrade_of(cell).split("-to-"), path.split("-to-")
    return any(releases[at : at + len(wanted)] == wanted for at in range(len(releases)))


def read_accepted(folder: Path) -> tuple[Accepted, ...]:
    """Return what was accepted since the run in a folder. Raises HarnessError for a wrong file."""
    path = folder / FILE_NAME
    try:
        return _LEDGER.validate_json(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (OSError, ValidationError):
        raise HarnessError(
            f"{path} can't be read", resolution="run pytest again: it writes a new one"
        ) from None


def to_json(accepted: Sequence[Accepted]) -> str:
    """Return the text of the file."""
    return _LEDGER.dump_json(tuple(accepted), indent=1).decode() + "\n"


def is_known(digest: str, recorded: str, accepted: Sequence[Accepted], product: str) -> bool:
    """Return whether a plan is that of the run, or was changed by what was accepted since alone."""
    known = recorded
    for each in accepted:
        if each.product == product and each.before == known:
            known = each.after
    return digest == known
