"""Where finished images are kept: one file in this folder a kind of machine, with ``STORE``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from upgradeproof.errors import ImageError
from upgradeproof.imaging.request import Request


class Store(Protocol):
    """Keep finished images; what is not finished is never found."""

    machine: str
    """The kind of machine that starts from these images."""

    def obstacle(self, request: Request) -> ImageError | None:
        """Return why this host can't keep such an image, without work; None when it may."""
        ...

    def find(self, request: Request) -> str | None:
        """Return the reference of the image, or None. Raises BackendError without a backend."""
        ...

    def content(self, request: Request) -> str:
        """Return the SHA-256 of an image that was found."""
        ...

    def hooks(self, request: Request, scratch: Path) -> tuple[str, ...]:
        """Return mmdebstrap's options for what this kind of machine needs in its root."""
        ...

    def load(self, request: Request, root: Path, scratch: Path) -> None:
        """Keep a root file system (a tar file) as the image that was asked for."""
        ...

    def commit(self, request: Request, container: str) -> None:
        """Keep what a container on the engine became as the image that was asked for."""
        ...


def every_store() -> Mapping[str, Store]:
    """Return the stores by the kind of machine."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    ]
    stores: list[Store] = [module.STORE for module in modules if hasattr(module, "STORE")]
    return {store.machine: store for store in stores}
