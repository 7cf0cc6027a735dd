"""The templates of the pages, ours and those of a project that hide them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlencode

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
from upgradeproof.render import speed, words
from upgradeproof.render.transcripts import plain
from upgradeproof.results import Cell
from upgradeproof.results.load import percent


def in_page(cell: Cell) -> str:
    """Return the fragment by which the page with scripts opens a cell."""
    return "#" + urlencode({"cell": cell.id.encode("utf-8", "replace")})


def environment(templates: Path | None, cell_href: Callable[[Cell], str] = in_page) -> Environment:
    """Return the environment of all pages. It escapes every text.

    ``cell_href`` returns the address of a cell's details.

    A file in ``templates`` replaces ours of the same name, and may extend it as
    ``upgradeproof/page.html.j2``.
    """
    ours = PackageLoader("upgradeproof.render")
    theirs = [FileSystemLoader(templates)] if templates else []
    made = Environment(
        loader=ChoiceLoader([*theirs, ours, PrefixLoader({"upgradeproof": ours})]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        moment=words.moment,
        duration=words.duration,
        latency=words.latency,
        percent=percent,
        change=words.change_text,
        plain=plain,
        state=lambda name: plain(name).replace("_", " "),
    )
    made.globals.update(
        outcomes=speed.OUTCOMES, targets=speed.TARGETS, words=words.WORDS, cell_href=cell_href
    )
    return made


def source(made: Environment, names: Iterable[str]) -> str:
    """Return files of ours, or their overrides, unchanged; they are code, not text."""
    if made.loader is None:
        return ""
    sources = [made.loader.get_source(made, name)[0] for name in names]
    return "\n" + "\n".join(sources).replace("\r\n", "\n")


def wrong_template(error: TemplateError, templates: Path | None) -> HarnessError:
    """Return the error of a template that can't be rendered."""
    return HarnessError(
        "the templates of the page can't be rendered",
        details=f"{type(error).__name__}: {error}",
        resolution=f"fix the templates in {templates}, or remove them to use the default ones",
    )
