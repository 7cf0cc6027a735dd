"""The systemd units that a plan declares, and which of them each state must have."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import UnitName, unit_name
from upgradeproof.states import has_new_release


class DeclaredUnit(Model):
    """A systemd unit that must be enabled and active, and what the upgrade does with its name."""

    name: UnitName
    """With or without ``.service``; sockets, timers and others name their type."""
    change: Literal["kept", "renamed", "retired", "added"] = "kept"
    to: UnitName | None = None
    """The name of a renamed unit after the upgrade."""

    @model_validator(mode="after")
    def _renamed_to_something(self) -> Self:
        if (self.change == "renamed") != (self.to is not None):
            raise ValueError('`to` goes with change = "renamed", and only with it')
        return self

    @property
    def before(self) -> str | None:
        """Return the full name of the unit in ``installed``; None: it must not be there."""
        return None if self.change == "added" else unit_name(self.name)

    @property
    def after(self) -> str | None:
        """Return the full name of the unit in ``upgraded``; None: it must not be there."""
        return None if self.change == "retired" else unit_name(self.to or self.name)

    def name_in(self, state: str) -> str | None:
        """Return the full name of the unit in a state; None: it must not be there."""
        return self.after if has_new_release(state) else self.before
