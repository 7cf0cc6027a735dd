"""A review in a terminal: each group is accepted with a reason, skipped, or examined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from upgradeproof.errors import UpgradeproofError
from upgradeproof.results import Cell
from upgradeproof.review.accepting import accept, checked_reason
from upgradeproof.review.groups import Group
from upgradeproof.review.ledger import read_accepted
from upgradeproof.review.listing import described, evidence, headline
from upgradeproof.review.matching import ANY, Asked
from upgradeproof.review.unexplained import Review, Unexplained

ASK = "[a]ccept, [s]kip, [e]vidence, [q]uit? "
ASK_REASON = "why is it correct? (empty: back) "


class Session:
    """Ask for each group of unexplained changes what to do with it."""

    def __init__(
        self,
        review: Review,
        cells: Sequence[Cell],
        root: Path,
        ask: Callable[[str], str],
        out: TextIO,
        *,
        glob: str = ANY,
    ) -> None:
        """Know what to ask about; ``ask`` prints a question, and raises EOFError at the end.

        ``glob``: the one by which the cells were chosen.
        """
        self._glob = glob
        self._review = review
        self._cells = cells
        self._root = root
        self._ask = ask
        self._out = out
        self._skipped: set[tuple[str, ...]] = set()
        self._headline = ""

    def run(self) -> None:
        """Show the groups until none is left, or the user quits.

        What was accepted is in the plan at once: nothing is lost by quitting.
        """
        try:
            while (found := self._next()) and self._decide(*found):
                pass
        except (EOFError, KeyboardInterrupt):
            self._print("")

    def _next(self) -> tuple[Unexplained, Group] | None:
        """Return the first group that was neither accepted nor skipped."""
        accepted = read_accepted(self._review.folder)
        for each in self._review.unexplained(self._cells, accepted):
            for group in each.groups:
                if _key(each, group) not in self._skipped:
                    return each, group
        return None

    def _decide(self, each: Unexplained, group: Group) -> bool:
        """Ask what to do with a group; return False to quit."""
        if (line := headline(each)).partition(":")[0] != self._headline:
            self._print("", line)
            self._headline = line.partition(":")[0]
        self._print(*described(group, 1 + len(self._skipped), each.known))
        while True:
            match self._ask(ASK).strip().lower()[:1]:
                case "a":
                    if self._accept(each, group):
                        return True
                case "s":
                    self._skipped.add(_key(each, group))
                    return True
                case "e":
                    self._print(*evidence(each, group))
                case "q":
                    return False
                case _:
                    self._print("  type a, s, e or q")

    def _accept(self, each: Unexplained, group: Group) -> bool:
        """Ask for the reason, and write the change into the plan; return whether it is there."""
        reason = self._ask(ASK_REASON)
        if not reason.strip():
            return False
        asked = Asked(
            globs=group.globs,
            reason=reason,
            kind=group.kind,
            cell=self._glob,
            seen_only=True,
            product=each.cell.product,
        )
        try:
            checked_reason(reason)
            done = accept(self._review.run, self._review.folder, self._root, asked)
        except UpgradeproofError as error:
            self._print(*(f"  {line}" for line in str(error).splitlines()))
            return False
        self._print(*(f"  {line}" for line in done.lines(self._root)))
        return True

    def _print(self, *lines: str) -> None:
        self._out.writelines(f"{line}\n" for line in lines)
        self._out.flush()


def _key(each: Unexplained, group: Group) -> tuple[str, ...]:
    """Return what is skipped: the same changes in this state, on all cells of the product."""
    return each.cell.product, each.state.name, group.title, *group.globs
