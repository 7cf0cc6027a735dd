"""The details of cells in files next to the page, for a run too large for one file.

A browser that opens a page from its file lets it read no other file, but it lets it load a script.
So each file is a call of a function of the page with JSON in a string, which the function parses:
no text of a machine is ever run. The page's policy allows scripts that its own script asks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from upgradeproof.render.details import changes, details
from upgradeproof.render.transcripts import Transcripts
from upgradeproof.render.writing import write_error
from upgradeproof.results import Cell, Run

FOLDER = "index.files"
CALL = "upgradeproofCell"
CELLS = 250
CHECKS = 40_000
"""Up to this many cells with checks, and checks, the page is one file."""
BUDGET = 2 * 1024 * 1024
"""Bytes of the transcripts of one cell's failed steps."""


def fits_one_file(run: Run) -> bool:
    """Return whether a run is small enough for a page in one file."""
    checks = [len(cell.checks) for cell in run.cells if cell.checks]
    return len(checks) <= CELLS and sum(checks) <= CHECKS


def write(run: Run, folder: Path, speed: Callable[[Cell], str]) -> None:
    """Write the details of each cell that has any into ``folder/index.files``.

    ``speed`` returns the part of a cell's page about speed, as HTML.
    """
    target = folder / FOLDER
    root = folder.resolve()
    try:
        target.mkdir(parents=True, exist_ok=True)
        for number, cell in enumerate(run.cells):
            text = script(number, cell, root, speed(cell))
            (target / f"cell-{number}.js").write_bytes(text.encode("ascii"))
    except OSError as error:
        raise write_error(target, error) from error


def script(number: int, cell: Cell, folder: Path, speed: str) -> str:
    """Return the script of one cell: ASCII alone, so that no encoding matters."""
    transcripts = Transcripts(folder, budget=BUDGET, only_failed=True)
    found = {
        "cell": details(cell, transcripts),
        "changes": changes(cell),
        "transcripts": transcripts.texts,
        "speed": speed,
    }
    text = json.dumps(found, separators=(",", ":")).replace("\\", "\\\\").replace("'", "\\'")
    return f"{CALL}({number},'{text}');\n"


def remove(folder: Path) -> None:
    """Remove the files of an earlier page."""
    target = folder / FOLDER
    if not target.is_dir():
        return
    try:
        for path in target.glob("cell-*.js"):
            path.unlink()
        if not any(target.iterdir()):
            target.rmdir()
    except OSError as error:
        raise write_error(target, error) from error
