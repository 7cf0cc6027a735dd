"""The way to a state that the machine was in before: back, and then forth once more."""

from __future__ import annotations

from upgradeproof.journey.way import Way
from upgradeproof.machines import Machine
from upgradeproof.plan.states import like
from upgradeproof.product import Work, wait_until_ready


class WayAgain(Way):
    """Lead a machine to where it was before: what must be in use there is what was in use then.

    A class of its own, since the bytes of ``way.py`` are part of every kept state's key.
    """

    def _settle(self, machine: Machine, work: Work) -> None:  # noqa: ARG002  # no data is written
        """Wait until the product is in use; one that never is, is left for the checks to judge."""
        limit_s = self._cell.plan.ready_timeout_s
        wait_until_ready(machine, self._cell.expect, like(self._state), limit_s)
