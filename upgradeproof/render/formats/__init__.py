"""The report formats, one file each, found by discovery."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol, cast

from upgradeproof.errors import ExtraError
from upgradeproof.extensions import File, Kind, discover, once_per_project
from upgradeproof.extras import Extra, missing
from upgradeproof.render.options import DEFAULT, Options
from upgradeproof.results import Run

__all__ = ["Format", "every_format", "missing_extra"]


class Format(Protocol):
    """A module of this folder, as the rest of the engine sees it."""

    FORMAT: str
    """The name to ask for it by, such as ``html``."""
    FILE_NAME: str
    """The file that it writes."""
    BY_DEFAULT: bool
    """Whether it is written where no format is asked for."""

    @staticmethod
    def write(run: Run, folder: Path, *, options: Options = DEFAULT) -> Path:
        """Write the report of ``run`` into ``folder`` and return its path."""


FORMATS = Kind(name="formats", noun="report format", engine=__name__)


@once_per_project
def every_format() -> Mapping[str, Format]:
    """Return the formats that are found, by name. Raises ExtensionError."""
    return discover(FORMATS, _format_in)


def missing_extra(drawn: Format) -> ExtraError | None:
    """Return the error of a format whose package is not installed; None: it can be written.

    A format names its extra by ``EXTRA``; most need none.
    """
    extra = getattr(drawn, "EXTRA", None)
    return missing(extra) if isinstance(extra, Extra) else None


def _format_in(file: File) -> Iterator[tuple[str, Format]]:
    module = file.module
    for name in ("FORMAT", "FILE_NAME"):
        if not isinstance(getattr(module, name, None), str):
            raise file.wrong(f"it has no text {name}")
    if not isinstance(getattr(module, "BY_DEFAULT", None), bool):
        raise file.wrong("it has no BY_DEFAULT that is True or False")
    if not callable(getattr(module, "write", None)):
        raise file.wrong("it has no function `write(run, folder, *, options)`")
    yield module.FORMAT, cast("Format", module)
