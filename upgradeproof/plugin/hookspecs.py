"""Hook specifications: what a project's conftest.py or another plugin may add to a plan.

Both hooks are called in each pytest process of a run, and only where there is a plan. Implement
them in the ``conftest.py`` at the project's root, in a module that ``-p`` names, or in a package
with an entry point of pytest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from upgradeproof.plan import Cell


def pytest_upgradeproof_subjects() -> (  # type: ignore[empty-body]  # a specification
    Mapping[str, Callable[[Cell], Iterable[tuple[str, Any]]]]
):
    """Return further subjects, by name.

    A test with the mark ``@pytest.mark.subject("NAME")`` takes an argument NAME, and runs once for
    each subject that the function yields for a cell: an id, which becomes a part of the check's
    id, and the value of the argument. A name that another plugin or the engine uses is an error::

        def pytest_upgradeproof_subjects():
            return {"mount": lambda cell: ((path, path) for path in ("/srv", "/var/lib/thing"))}
    """


def pytest_upgradeproof_expectations(cell: Cell) -> Mapping[str, Any] | None:
    """Return further expectations of a cell: a table like the plan's ``[expect]``; None for none.

    They are merged with the plan's as those of an upgrade are: an entry with the same key replaces
    the plan's. ``upgradeproof plan`` does not call hooks, so it does not print them::

        def pytest_upgradeproof_expectations(cell):
            if cell.platform.machine == "vm":
                return {"modules": ["dm_crypt"]}
    """
