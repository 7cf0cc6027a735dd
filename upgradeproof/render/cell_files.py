"""The details of cells in files next to the page, for a run too large for one file.

A browser that opens a page from its file lets it read no other file, but it lets it load a script.
So each file calls a function of the page, once for each cell, with JSON in a string, which the
function parses: no text of a machine is ever run. The page's policy allows scripts that its own
script asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pydantic_core import to_json

from upgradeproof.files import write_atomically
from upgradeproof.render.details import changes, details
from upgradeproof.render.grid import Face
from upgradeproof.render.transcripts import Transcripts
from upgradeproof.render.writing import write_error
from upgradeproof.results import Cell, Run

FOLDER = "index.files"
CALL = "upgradeproofCell"
CELLS = 250
CHECKS = 40_000
"""Up to this many cells with checks, and checks, the page is one file."""
FILE_SIZE = 256 * 1024
"""Characters from which on a file is not extended: a browser loads it in an instant."""
BUDGET = 2 * 1024 * 1024
"""Bytes of the transcripts of one cell's failed steps."""


def fits_one_file(run: Run) -> bool:
    """Return whether a run is small enough for a page in one file."""
    checks = [len(cell.checks) for cell in run.cells if cell.checks]
    return len(checks) <= CELLS and sum(checks) <= CHECKS


def write(faces: Iterable[Face], folder: Path, speed: Callable[[Cell], str]) -> list[int]:
    """Write the details of all cells into ``folder/index.files``, many cells to a file.

    Return the place of the first cell of each file. ``speed`` returns the part of a cell's details
    about speed, as HTML.
    """
    target = folder / FOLDER
    root = folder.resolve()
    starts: list[int] = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for start, calls in _in_files(_call(face, root, speed(face.cell)) for face in faces):
            content = "".join(calls).encode("ascii")
            write_atomically(target / f"cells-{len(starts)}.js", content)
            starts.append(start)
    except OSError as error:
        raise write_error(target, error) from error
    return starts


def _in_files(calls: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the calls of each file, with the place of the first: a file ends when it is large."""
    start, held, size = 0, list[str](), 0
    for number, call in enumerate(calls):
        held.append(call)
        size += len(call)
        if size >= FILE_SIZE:
            yield start, held
            start, held, size = number + 1, [], 0
    if held:
        yield start, held


def _call(face: Face, folder: Path, speed: str) -> str:
    """Return the call with one cell's details: ASCII alone, so that no encoding matters."""
    transcripts = Transcripts(folder, budget=BUDGET, only_failed=True)
    found = {
        "cell": details(face, transcripts),
        "changes": changes(face.cell),
        "transcripts": transcripts.texts,
        "speed": speed,
    }
    text = to_json(found, ensure_ascii=True).decode("ascii")
    text = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"{CALL}({face.index},'{text}');\n"


def remove(folder: Path) -> None:
    """Remove the files of an earlier page."""
    target = folder / FOLDER
    if not target.is_dir():
        return
    try:
        for path in target.glob("cells-*.js"):
            path.unlink()
        if not any(target.iterdir()):
            target.rmdir()
    except OSError as error:
        raise write_error(target, error) from error
