"""The matrix page: one file that needs no network, and escapes the output of machines."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
)

from upgradeproof.errors import HarnessError
from upgradeproof.render import findings, grid, preflight, speed, support, words
from upgradeproof.render.details import changes, details
from upgradeproof.render.transcripts import Transcripts, plain
from upgradeproof.render.writing import write_text
from upgradeproof.results import Run
from upgradeproof.results.load import percent

FORMAT = "html"
FILE_NAME = "index.html"

STYLES = (
    *("theme.css", "page.css", "matrix.css", "cell.css", "preflight.css", "speed.css", "print.css"),
)
STYLES_WITHOUT_SCRIPT = ("noscript.css",)
SCRIPTS = ("dom.js", "cell.js", "matrix.js")

ESCAPES = str.maketrans(
    {
        c: f"\\u{ord(c):04x}"
        for c in ("<", ">", "&", "\N{LINE SEPARATOR}", "\N{PARAGRAPH SEPARATOR}")
    }
)
"""What could end a script element, or a line of a script, inside of it."""


def write(run: Run, folder: Path, *, templates: Path | None = None) -> Path:
    """Write ``folder/index.html`` and return its path.

    Transcripts are read from ``folder``. A file in ``templates`` replaces ours of the same name,
    and may extend it as ``upgradeproof/page.html.j2``. Raises HarnessError when a template is wrong
    or the page can't be written.
    """
    environment = _environment(templates)
    try:
        text = _page(run, folder, environment)
    except TemplateError as error:
        raise HarnessError(
            "the templates of the page can't be rendered",
            details=f"{type(error).__name__}: {error}",
            resolution=f"fix the templates in {templates}, or remove them to use the default ones",
        ) from error
    return write_text(folder / FILE_NAME, text)


def data(value: object) -> str:
    """Return JSON that is safe in a script element, whatever its strings contain."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(ESCAPES)


def _environment(templates: Path | None) -> Environment:
    ours = PackageLoader("upgradeproof.render")
    theirs = [FileSystemLoader(templates)] if templates else []
    environment = Environment(
        loader=ChoiceLoader([*theirs, ours, PrefixLoader({"upgradeproof": ours})]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        moment=words.moment,
        duration=words.duration,
        latency=words.latency,
        percent=percent,
        change=words.change_text,
        plain=plain,
        state=lambda name: plain(name).replace("_", " "),
    )
    environment.globals.update(outcomes=speed.OUTCOMES, targets=speed.TARGETS)
    return environment


def _page(run: Run, folder: Path, environment: Environment) -> str:
    style = _inline(environment, STYLES)
    style_without_script = _inline(environment, STYLES_WITHOUT_SCRIPT)
    script = _inline(environment, SCRIPTS)
    records = findings.records(run)
    return environment.get_template("page.html.j2").render(
        run=run,
        words=words.WORDS,
        title=words.title(run),
        sentences=words.sentences(run),
        elapsed=words.elapsed(run),
        cell_counts=words.count(cell.verdict for cell in run.cells if cell.selected),
        check_counts=words.count(
            check.verdict for cell in run.cells if cell.selected for check in cell.checks
        ),
        cell_shares=grid.shares([cell.verdict for cell in run.cells if cell.selected]),
        reused_states=sum(state.reused for cell in run.cells for state in cell.states),
        states=sum(len(cell.states) for cell in run.cells),
        cached_states=words.cached_states(run.cached_states) if run.cached_states else "",
        tags=sorted({tag for cell in run.cells for tag in cell.tags}, key=grid.natural),
        grid=grid.arrange(run),
        records=records,
        causes=findings.causes(records),
        preflight=preflight.gather(run),
        support=support.trees(run),
        speed=_speed(run),
        style=style,
        style_without_script=style_without_script,
        script=script,
        policy=_policy(styles=(style, style_without_script), script=script),
        data_blocks=_data_blocks(run, folder),
    )


def _speed(run: Run) -> list[tuple[int, speed.Section]]:
    """Return what was measured of each cell of which anything was."""
    found = ((index, speed.section(cell)) for index, cell in enumerate(run.cells))
    return [(index, section) for index, section in found if section]


def _inline(environment: Environment, names: Iterable[str]) -> str:
    """Return files of ours, or their overrides, unchanged; they are code, not text."""
    if environment.loader is None:
        return ""
    sources = [environment.loader.get_source(environment, name)[0] for name in names]
    return "\n" + "\n".join(sources).replace("\r\n", "\n")


def _policy(*, styles: Iterable[str], script: str) -> str:
    """Return a Content-Security-Policy that lets nothing run or load but what we inlined."""
    allowed = " ".join(_digest(style) for style in styles)
    return (
        f"default-src 'none'; style-src {allowed}; script-src {_digest(script)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data_blocks(run: Run, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield id and JSON of every data block: the page reads each only when it is needed.

    Cells that failed come first, so that their transcripts are included first.
    """
    transcripts = Transcripts(folder)
    order = tuple(words.WORDS)
    told: dict[int, dict[str, Any]] = {}
    for index, cell in sorted(enumerate(run.cells), key=lambda item: order.index(item[1].verdict)):
        told[index] = details(cell, transcripts)
    for index, cell in enumerate(run.cells):
        yield f"cell-{index}", data(told[index])
        yield f"changes-{index}", data(changes(cell))
    for key, text in enumerate(transcripts.texts):
        yield f"transcript-{key}", data(text)
