"""Where finished images are stored: one ``STORE`` for each kind of machine.

An extension has it in the file of its backend.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from upgradeproof.errors import ImageError
from upgradeproof.extensions import File, Kind, discover, once_per_project
from upgradeproof.imaging.request import Request


class Store(Protocol):
    """Store finished images; an unfinished image is never found."""

    machine: str
    """The kind of machine that starts from these images."""

    def obstacle(self, request: Request) -> ImageError | None:
        """Return why this host can't store such an image, without work; None when it may."""
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
        """Store a root file system (a tar file) as the image that was asked for."""
        ...

    def commit(self, request: Request, container: str) -> None:
        """Store a container on the engine as the image that was asked for."""
        ...


STORES = Kind(name="backends", noun="image store", engine=__name__, optional=True)


@once_per_project
def every_store() -> Mapping[str, Store]:
    """Return the stores by the kind of machine. Raises ExtensionError."""
    return discover(STORES, _store_in)


def _store_in(file: File) -> Iterator[tuple[str, Store]]:
    found: Store | None = getattr(file.module, "STORE", None)
    if found is not None:
        for name, value in vars(Store).items():
            if callable(value) and name[0] != "_" and not callable(getattr(found, name, None)):
                raise file.wrong(f"its {type(found).__name__} has no method `{name}`")
        yield file.text_of(found, "machine"), found
