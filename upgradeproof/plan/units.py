"""The systemd units that a plan declares, and which of them each state must have."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import UnitName, unit_name
from upgradeproof.states import has_new_release

_OF_UNITS = ("services", "endurance", "service_controls", "unit_properties", "log_names")
"""Sections whose keys are the full names of units."""


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

    def reason_for(self, path: str) -> str | None:
        """Return why a record of this unit is added or removed in the diff, or None: it is none.

        A retired unit may also stay without running.
        """
        section, _, rest = path.partition("/")
        name, _, field = rest.partition("/")
        if section not in _OF_UNITS or self.before == self.after:
            return None
        if name not in (self.before, self.after) or (field and self.change != "retired"):
            return None
        to = f" to {self.after}" if self.change == "renamed" else ""
        return f"the plan declares {unit_name(self.name)} as {self.change}{to}"
