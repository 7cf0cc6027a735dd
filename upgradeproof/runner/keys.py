"""The key of a state: a hash of all that decides what its machine is and what is read of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from upgradeproof.plan import Cell, Expectations
from upgradeproof.plan.steps import Action, Upload, UploadTree
from upgradeproof.runner.inputs import probe_inputs
from upgradeproof.states import StateName

TRANSITION_FILES = (
    "runner/executor.py",
    "runner/readiness.py",
    "runner/transition.py",
    "tree_archive.py",
)
"""What of the engine runs the steps: a change of it makes every cached machine invalid."""
BOOT_FILES = ("runner/reboots.py",)
"""What decides in addition what a booted state is observed by."""
PROBER_FILES = ("prober", "runner/watch.py")
"""What decides in addition what a prober sees; ignored where there is none."""
COMPONENT_KEYS = {"component", "components_from", "components_removed"}
"""What of a release only judges."""


def key(
    parent: str,
    cell: Cell,
    state: str,
    actions: Sequence[Action],
    *,
    definition: str = "",
    sections: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the key of a state: a hash of its steps, everything that they read, and its parent.

    ``parent`` is the image, or the build of the state before; ``definition`` is that of the
    backend; ``sections`` are the keys of the sections that can't be read later: see ``sections``.
    """
    files = BOOT_FILES if StateName(state).spec.booted else ()
    content = {
        "parent": parent,
        "definition": definition,
        "engine": code((*files, *TRANSITION_FILES)),
        "sections": dict(sections),
        "steps": [described(action) for action in actions],
        "reads": _reads(cell, state),
        "release": cell.release(state).model_dump(exclude=COMPONENT_KEYS),
        "ready_timeout_s": cell.plan.ready_timeout_s,
    }
    return content_key(content)


def content_key(content: Any) -> str:
    """Return the key of what something is made of."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _reads(cell: Cell, state: str) -> Any:
    """Return what of the plan reaches the machine; what only judges is left out."""
    expect = cell.expect
    probed = (
        {"probed": _probed(expect)} if state == StateName.UPGRADED and expect.disruption else {}
    )
    return {
        **probed,
        "inputs": repr(probe_inputs(cell, state)),
        "services": expect.units_in(state),
        "ports": [port.model_dump() for port in expect.port],
        "data": [(data.id, data.to_write()) for data in expect.data],
        "asked": [e.model_dump() for e in expect.endpoint] if StateName(state).spec.booted else [],
    }


def _probed(expect: Expectations) -> Any:
    """Return all that decides what a prober sees.

    Of the budgets that is the longest downtime allowed: the prober looks on for longer than that.
    """
    asked = {disruption.endpoint for disruption in expect.disruption}
    return {
        "engine": code(PROBER_FILES),
        "max_downtime_ms": max(d.max_downtime_ms for d in expect.disruption),
        "disruptions": [
            d.model_dump(exclude={"max_downtime_ms", "max_total_downtime_ms"})
            for d in expect.disruption
        ],
        "endpoints": [e.model_dump() for e in expect.endpoint if e.id in asked],
    }


def described(action: Action) -> Any:
    """Return all that an action does, with the content that it carries."""
    if isinstance(action, Upload):
        digest = action.digest or hashlib.sha256(action.source.read_bytes()).hexdigest()
        return ["upload", action.path, action.mode, action.owner, digest]
    if isinstance(action, UploadTree):
        return ["tree", action.tree.path, action.tree.digest()]
    return [type(action).__name__, *vars(action).values()]


@cache
def code(names: tuple[str, ...]) -> str:
    """Return the hash of the engine's code in some of its files and folders."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for name in names:
        path = root / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()
