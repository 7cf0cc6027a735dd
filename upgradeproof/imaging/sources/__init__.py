"""Sources of images: a source is one file in this folder that offers ``SOURCE``."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Protocol

from upgradeproof.errors import ImageError
from upgradeproof.imaging.request import Request
from upgradeproof.imaging.stores import Store


class Source(Protocol):
    """One way to have an image."""

    name: str
    """What messages call it."""
    order: int
    """Sources are tried from the lowest to the highest: the fastest should stand first."""

    def obstacle(self, request: Request) -> ImageError | None:
        """Return why this source can't serve here, without network or work; None when it may."""
        ...

    def build(self, request: Request, store: Store, scratch: Path) -> None:
        """Make the image and leave it in the store, whole or not at all.

        ``scratch`` is a folder that is removed afterwards. Raises ImageError, or MachineError when
        a program of this host fails.
        """
        ...


def every_source() -> tuple[Source, ...]:
    """Return the sources in the order in which they are tried."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    ]
    found: list[Source] = [module.SOURCE for module in modules if hasattr(module, "SOURCE")]
    return tuple(sorted(found, key=lambda source: (source.order, source.name)))
