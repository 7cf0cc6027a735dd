"""Commands of the administrator whose result must be the same before and after the upgrade."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from upgradeproof.plan.loading import Model
from upgradeproof.plan.names import Id, Pattern
from upgradeproof.plan.shell import strict


class ExpectedCommand(Model):
    """A command whose exit status, output and errors stay the same.

    It is run in every state while the facts are read, so it must change nothing.
    """

    id: Id
    run: str = Field(min_length=1)
    user: str = ""
    """Who runs it, in that user's home, without a login session; empty: root, in ``/``."""
    contains: str = ""
    """Text that the output must hold in every state, before the masks."""
    exit_status: Annotated[int, Field(ge=0, le=255)] | None = None
    """The exit status in every state; None: that of ``installed``."""
    mask: tuple[Pattern, ...] = ()
    """What is replaced in output and errors before they are compared, such as dates."""
    timeout_s: float = Field(default=30, gt=0, le=120)

    @property
    def script(self) -> str:
        """Return the script that runs it."""
        return strict(self.run)
