"""Print the plan: every cell and its steps, as text, JSON, or a graph of the upgrade paths."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, assert_never

from upgradeproof.plan.cells import Cell
from upgradeproof.plan.steps import Planned, Publish, Reboot, Script, Upload, UploadTree

FORMATS = ("text", "json", "mermaid")


def show(
    cells: Sequence[Cell],
    form: str,
    *,
    scripts: bool = False,
    engines: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the cells in one of FORMATS.

    ``scripts`` adds each step's script to the text; ``engines`` names the engine of each cell, by
    the cell's id, where there is a choice.
    """
    match form:
        case "json":
            return json.dumps([_plain(cell, engines) for cell in cells], indent=1)
        case "mermaid":
            return "\n".join(_mermaid(cells))
        case _:
            return "\n".join(
                line for cell in cells for line in _text(cell, engines, scripts=scripts)
            )


def _text(cell: Cell, engines: Mapping[str, str], *, scripts: bool) -> Iterator[str]:
    tags = f"  [{', '.join(cell.tags)}]"
    engine = f"  on {engines[cell.id]}" if cell.id in engines else ""
    yield f"{cell.id}{tags}{engine}"
    for state in cell.states:
        yield f"  -> {state}"
        for action in cell.actions(state):
            yield f"     {_verb(action)} {action.title}"
            if scripts and isinstance(action, Script):
                yield from (f"         | {line}" for line in action.script.splitlines())
    yield ""


def _verb(action: Planned) -> str:
    return {Script: "$", Upload: ">", UploadTree: ">", Reboot: "*", Publish: "+"}[type(action)]


def _plain(cell: Cell, engines: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": cell.id,
        **({"engine": engines[cell.id]} if cell.id in engines else {}),
        "platform": cell.platform.id,
        "upgrade": cell.upgrade_id,
        "path": list(cell.upgrade.path),
        "tags": list(cell.tags),
        "ports": list(cell.ports),
        "states": {
            state: [_plain_action(action) for action in cell.actions(state)]
            for state in cell.states
        },
    }


def _plain_action(action: Planned) -> dict[str, Any]:
    match action:
        case Script():
            return {"do": "run", "title": action.title, "timeout_s": action.timeout_s}
        case Upload():
            return {"do": "copy", "title": action.title, "mode": f"{action.mode:04o}"}
        case UploadTree():
            return {"do": "copy", "title": action.title, "timeout_s": action.timeout_s}
        case Reboot():
            return {"do": "reboot", "title": action.title, "timeout_s": action.timeout_s}
        case Publish():
            return {"do": "publish", "title": action.title, "timeout_s": action.timeout_s}
        case never:
            assert_never(never)


def _mermaid(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield a graph: releases as nodes, upgrades as arrows with the number of their platforms."""
    yield "graph LR"
    upgrades: dict[tuple[str, tuple[str, ...]], int] = {}
    for cell in cells:
        key = (cell.plan.name, cell.upgrade.path)
        upgrades[key] = upgrades.get(key, 0) + 1
    nodes = {(name, release) for name, path in upgrades for release in path}
    for product, release in sorted(nodes):
        yield f'  {_node(product, release)}["{product} {release}"]'
    for (product, path), count in upgrades.items():
        arrow = "-.->" if len(path) > len(("from", "to")) else "-->"
        via = f" via {', '.join(path[1:-1])}" if path[1:-1] else ""
        label = f"{count} platform{'s' if count > 1 else ''}{via}"
        yield f'  {_node(product, path[0])} {arrow}|"{label}"| {_node(product, path[-1])}'


def _node(product: str, release: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in f"{product}_{release}")
