"""The templates of the pages, ours and those of a project that hide them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType
from urllib.parse import urlencode

from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
)
from jinja2.bccache import Bucket

from upgradeproof import __version__
from upgradeproof.errors import HarnessError
from upgradeproof.render import speed, words
from upgradeproof.render.transcripts import plain
from upgradeproof.results import Cell
from upgradeproof.results.load import percent


class _Compiled(BytecodeCache):
    """The compiled templates of this process: each page has an environment of its own."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


_compiled = _Compiled()


def in_page(cell: Cell) -> str:
    """Return the fragment by which the page with scripts opens a cell."""
    return "#" + urlencode({"cell": cell.id.encode("utf-8", "replace")})


def origin(templates: Path | None) -> str:
    """Return what makes a page, as the page states it: this version, and whose templates."""
    theirs = templates is not None and templates.is_dir()
    return f"upgradeproof {__version__}" + (", templates of the project" if theirs else "")


def origin_of(text: str) -> str:
    """Return what made a page, as it states it; empty where it does not."""
    found = re.search(r'<meta name="generator" content="([^"]*)">', text)
    return found[1] if found else ""


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
        bytecode_cache=_compiled,
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
