"""What plugins and a project's conftest.py add to the plans, by our hook specifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pluggy
from pydantic_core import PydanticCustomError

from upgradeproof.errors import PlanError
from upgradeproof.plan import Cell, Expectations
from upgradeproof.plan.loading import checked
from upgradeproof.plugin.subjects import SUBJECTS, Subjects


def added_subjects(hook: pluggy.HookRelay) -> Mapping[str, Subjects]:
    """Return our subjects and those of plugins. Raises PlanError for a name that is there twice."""
    found = dict(SUBJECTS)
    for added in hook.pytest_upgradeproof_subjects():
        for name, subjects in added.items():
            if name in found:
                raise PlanError(
                    f"pytest_upgradeproof_subjects returned {name!r}, and there is such a subject",
                    resolution="give it another name",
                )
            if not name.isidentifier():
                raise PlanError(
                    f"pytest_upgradeproof_subjects returned {name!r}, which names no argument",
                    resolution="give it the name of an argument of Python",
                )
            found[name] = subjects
    return found


def with_expectations(hook: pluggy.HookRelay, cell: Cell) -> Cell:
    """Return a cell with what plugins expect of it. Raises PlanError for a table that is wrong."""
    source = f"what pytest_upgradeproof_expectations returned for {cell.id}"
    for table in hook.pytest_upgradeproof_expectations(cell=cell):
        added = checked(table, Expectations, source)
        try:
            added.check_endpoints(cell.expect.endpoint)
        except PydanticCustomError as error:
            raise PlanError(f"{source} is not valid", details=error.message()) from None
        expect = cell.plan.expect.merged(added)
        cell = replace(cell, plan=cell.plan.model_copy(update={"expect": expect}))
    return cell
