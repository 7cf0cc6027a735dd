"""What is written through the product before the upgrade, and read through it afterwards."""

from __future__ import annotations

import hashlib
import re
from typing import Literal, Self

from pydantic import Field, model_validator

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import Id, Pattern
from upgradeproof.plan.shell import strict

VALUE = "UPGRADEPROOF_VALUE"
"""The variable that holds the value to write, in the environment of ``write`` and ``read``."""
Moment = Literal["before", "after"]
"""When data is written: before the upgrade, or after it on a clone. Each has a value of its own."""


class Data(Model):
    """Something written through the service before the upgrade and read through it afterwards.

    A ``write`` that holds ``$UPGRADEPROOF_VALUE`` writes another value after the upgrade than
    before it: one that does nothing is found.
    """

    id: Id
    write: str
    read: str
    equals: str = Field(min_length=1)
    """What ``read`` must print, stripped; the value replaces ``$UPGRADEPROOF_VALUE``."""
    mask: tuple[Pattern, ...] = ()
    """What is replaced in the errors of ``read`` before they are compared."""

    @model_validator(mode="after")
    def _value_is_written_and_read(self) -> Self:
        if (VALUE in self.write) != (f"${VALUE}" in self._plain):
            raise ValueError(f"`equals` must contain ${VALUE} if and only if `write` does")
        return self

    @property
    def _plain(self) -> str:
        return self.equals.replace(f"${{{VALUE}}}", f"${VALUE}")

    def value(self, moment: Moment) -> str:
        """Return the value of a moment: a word of letters and digits."""
        return f"v{hashlib.sha256(f'{self.id} {moment}'.encode()).hexdigest()[:12]}"

    def expected(self, moment: Moment = "before") -> str:
        """Return what ``read`` must print after the write of a moment."""
        return self._plain.replace(f"${VALUE}", self.value(moment))

    @property
    def another(self) -> Data | None:
        """Return the data with another value, or None where none can be made.

        A fixed value that is in ``write`` as well as in ``equals`` has its last letter or
        digit doubled: most formats take that. The old release shows whether this one does.
        """
        if VALUE in self.write:
            word = self.value("after")
            return self.model_copy(
                update={
                    "write": f"export {VALUE}={word}\n{self.write}",
                    "read": f"export {VALUE}={word}\n{self.read}",
                    "equals": self.expected("after"),
                }
            )
        longer = re.sub(r"([A-Za-z0-9])([^A-Za-z0-9]*)\Z", r"\1\1\2", self.equals)
        if longer == self.equals or self.equals not in self.write:
            return None
        written = self.write.replace(self.equals, longer)
        return self.model_copy(update={"write": written, "equals": longer})

    def to_write(self, moment: Moment = "before") -> str:
        """Return the script that writes the value of a moment."""
        return strict(f"export {VALUE}={self.value(moment)}\n{self.write}", stop=True)

    def to_read(self, moment: Moment = "before") -> str:
        """Return the script that reads what the write of a moment wrote."""
        return strict(f"export {VALUE}={self.value(moment)}\n{self.read}")
