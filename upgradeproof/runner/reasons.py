"""Whether a change of the facts has a reason that an administrator has written down."""

from __future__ import annotations

from upgradeproof.plan import Expectations
from upgradeproof.runner.state import State


def known(upgraded: State, expectations: Expectations, path: str) -> bool:
    """Return whether the plan, or a known change of the operating system, has a reason.

    ``path`` is that of a record or of one field; a reason for any field of a record counts for it.
    That a package changed is no such reason: checks look at what a package's upgrade may spoil.
    """
    return expectations.reason_for(path) is not None or any(
        (change.path == path or change.path.startswith(f"{path}/"))
        and change.source in ("plan", "known")
        for change in upgraded.changes
    )
