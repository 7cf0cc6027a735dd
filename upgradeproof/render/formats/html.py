"""The matrix page: it needs no network, and escapes the output of machines.

It is one file, or one file and a folder with the details of its cells if the run is large.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, TemplateError

from upgradeproof.render import cell_files, grid, page, speed, words
from upgradeproof.render.details import changes, details
from upgradeproof.render.options import DEFAULT, Options
from upgradeproof.render.page_index import index
from upgradeproof.render.templating import environment, origin, source, wrong_template
from upgradeproof.render.transcripts import Transcripts
from upgradeproof.render.writing import write_text
from upgradeproof.results import Cell, Run

FORMAT = "html"
FILE_NAME = "index.html"
BY_DEFAULT = True

STYLES = (
    *("theme.css", "page.css", "overview.css", "matrix.css", "cell.css", "preflight.css"),
    *("speed.css", "print.css"),
)
STYLES_WITHOUT_SCRIPT = ("noscript.css",)
SCRIPTS = ("dom.js", "load.js", "checks.js", "cell.js", "filter.js", "matrix.js")

ESCAPES = str.maketrans(
    {
        c: f"\\u{ord(c):04x}"
        for c in ("<", ">", "&", "\N{LINE SEPARATOR}", "\N{PARAGRAPH SEPARATOR}")
    }
)
"""What could end a script element, or a line of a script, inside of it."""


def write(run: Run, folder: Path, *, options: Options = DEFAULT) -> Path:
    """Write ``folder/index.html`` and return its path.

    The details of the cells of a large run go to ``folder/index.files``. Transcripts are read from
    ``folder``. A file in the templates of the options replaces ours of the same name. Raises
    HarnessError when a template is wrong or the page can't be written.
    """
    made, made_by = environment(options.templates), origin(options.templates)
    try:
        cell_files.remove(folder)
        text = _page(run, folder, made, one_file=cell_files.fits_one_file(run), made_by=made_by)
    except TemplateError as error:
        raise wrong_template(error, options.templates) from error
    return write_text(folder / FILE_NAME, text)


def in_one_file(run: Run, folder: Path) -> str | None:
    """Return the page of a run by our own templates; None for a run too large for one file."""
    if not cell_files.fits_one_file(run):
        return None
    return _page(run, folder, environment(None), one_file=True, made_by=origin(None))


def data(value: object) -> str:
    """Return JSON that is safe in a script element, whatever its strings contain."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)


def _page(run: Run, folder: Path, made: Environment, *, one_file: bool, made_by: str) -> str:
    style = source(made, STYLES)
    style_without_script = source(made, STYLES_WITHOUT_SCRIPT)
    script = source(made, SCRIPTS)
    faces = grid.faces(run)
    whole = index(faces)
    if one_file:
        blocks = _data_blocks(faces, folder)
    else:
        blocks = iter(())
        macros: Any = made.get_template("speed.html.j2").module
        starts = cell_files.write(faces, folder, lambda cell: _speed_text(cell, macros.speed))
        whole |= {"files": cell_files.FOLDER, "starts": starts}
    return made.get_template("page.html.j2").render(
        **page.values(run, faces),
        origin=made_by,
        one_file=one_file,
        files=cell_files.FOLDER,
        speed=_speed(run) if one_file else [],
        style=style,
        style_without_script=style_without_script,
        script=script,
        policy=_policy(styles=(style, style_without_script), script=script),
        data_blocks=[("index", data(whole)), *blocks],
    )


def _speed(run: Run) -> list[tuple[int, speed.Section]]:
    """Return what was measured of each cell of which anything was."""
    found = ((index, speed.section(cell)) for index, cell in enumerate(run.cells))
    return [(index, section) for index, section in found if section]


def _speed_text(cell: Cell, template: Any) -> str:
    section = speed.section(cell)
    return str(template(section)) if section else ""


def _policy(*, styles: Iterable[str], script: str) -> str:
    """Return a Content-Security-Policy that lets nothing run or load but what is ours.

    ``strict-dynamic`` allows the scripts that our own script asks for, which hold the details of
    cells, and no others: neither one in the page nor one by its address.
    """
    allowed = " ".join(_digest(style) for style in styles)
    return (
        f"default-src 'none'; style-src {allowed}; "
        f"script-src {_digest(script)} 'strict-dynamic'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data_blocks(faces: tuple[grid.Face, ...], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield id and JSON of every data block: the page reads each only when it is needed.

    Cells that failed come first, so that their transcripts are included first.
    """
    transcripts = Transcripts(folder.resolve())
    order = tuple(words.WORDS)
    found: dict[int, dict[str, Any]] = {}
    for face in sorted(faces, key=lambda face: order.index(face.verdict)):
        found[face.index] = details(face, transcripts)
    for face in faces:
        yield f"cell-{face.index}", data(found[face.index])
        yield f"changes-{face.index}", data(changes(face.cell))
    for key, text in enumerate(transcripts.texts):
        yield f"transcript-{key}", data(text)
