"""The page for a server whose Content-Security-Policy forbids scripts and inline styles.

Jenkins serves archived files with such a policy. This form has a linked stylesheet, ``<details>``
and a page for each cell; nothing of it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, TemplateError

from upgradeproof.render import cell_files, findings, grid, page, speed
from upgradeproof.render.details import changes, details, suites, without_repeats
from upgradeproof.render.grid import Face
from upgradeproof.render.options import DEFAULT, Options
from upgradeproof.render.templating import environment, origin, source, wrong_template
from upgradeproof.render.transcripts import Transcripts
from upgradeproof.render.writing import write_error, write_text
from upgradeproof.results import Cell, Run

FORMAT = "static"
FILE_NAME = "static"
"""A folder; its first page is index.html."""
BY_DEFAULT = False

STYLES = (
    *("theme.css", "page.css", "overview.css", "matrix.css", "cell.css", "preflight.css"),
    *("speed.css", "static.css", "print.css"),
)
PAGES = 1000
"""Pages of cells that a large run has: those that failed, broke or never ran come first."""


def write(run: Run, folder: Path, *, options: Options = DEFAULT) -> Path:
    """Write the folder ``static`` and return the path of its first page.

    Transcripts are read from ``folder``. Raises HarnessError when a template is wrong or a page
    can't be written.
    """
    faces = grid.faces(run)
    written = _with_page(run, faces)
    numbers = {face.cell.id: face.index for face in written}
    made = environment(options.templates, lambda cell: _href(cell, numbers))
    target = folder / FILE_NAME
    _remove(target)
    try:
        write_text(target / "page.css", source(made, STYLES))
        for face in written:
            text = _cell(run, face, folder, made)
            write_text(target / f"cell-{face.index}.html", text)
        text = made.get_template("static.html.j2").render(
            **page.values(run, faces),
            origin=origin(options.templates),
            some_left_out=len(written) < len(faces),
        )
    except TemplateError as error:
        raise wrong_template(error, options.templates) from error
    return write_text(target / "index.html", text)


def _with_page(run: Run, faces: tuple[Face, ...]) -> list[Face]:
    if cell_files.fits_one_file(run):
        return list(faces)
    unproven = [f for f in faces if f.cell.selected and f.verdict in findings.UNPROVEN]
    return unproven[:PAGES]


def _href(cell: Cell, numbers: dict[str, int]) -> str:
    number = numbers.get(cell.id)
    return "#left-out" if number is None else f"cell-{number}.html"


def _cell(run: Run, face: Face, folder: Path, made: Environment) -> str:
    transcripts = Transcripts(folder.resolve(), budget=cell_files.BUDGET, only_failed=True)
    found: dict[str, Any] = details(face, transcripts)
    known = {stop["reason"]: stop["sentence"] for stop in found["stops"]}
    return made.get_template("static_cell.html.j2").render(
        run=run,
        cell=found,
        suites=without_repeats(suites(face.cell.checks), known),
        changes=changes(face.cell),
        texts=transcripts.texts,
        speed=speed.section(face.cell),
    )


def _remove(target: Path) -> None:
    """Remove the pages of an earlier report."""
    try:
        for path in target.glob("cell-*.html"):
            path.unlink()
    except OSError as error:
        raise write_error(target, error) from error
