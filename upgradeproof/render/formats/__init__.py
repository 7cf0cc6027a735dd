"""The report formats, one file each, found by discovery."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

from upgradeproof.render.options import DEFAULT, Options
from upgradeproof.results import Run

__all__ = ["Format", "every_format"]


class Format(Protocol):
    """A module of this folder, as the rest of the project sees it."""

    FORMAT: str
    """The name to ask for it by, such as ``html``."""
    FILE_NAME: str
    """The file that it writes."""
    BY_DEFAULT: bool
    """Whether it is written where no format is asked for."""

    @staticmethod
    def write(run: Run, folder: Path, *, options: Options = DEFAULT) -> Path:
        """Write the report of ``run`` into ``folder`` and return its path."""


def every_format() -> Mapping[str, Format]:
    """Return the formats of this folder by name."""
    folder = str(Path(__file__).parent)
    modules = (
        cast("Format", importlib.import_module(f"{__name__}.{module.name}"))
        for module in pkgutil.iter_modules([folder])
    )
    return {module.FORMAT: module for module in modules}
