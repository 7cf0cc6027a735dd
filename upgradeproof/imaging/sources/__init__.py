"""Sources of images: a source is one file that offers ``SOURCE``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from upgradeproof.errors import ImageError
from upgradeproof.extensions import File, Kind, discover, once_per_project
from upgradeproof.imaging.request import Request
from upgradeproof.imaging.stores import Store


class Source(Protocol):
    """One way to have an image."""

    name: str
    """What messages call it."""
    order: int
    """Sources are tried from the lowest to the highest: the fastest should have the lowest."""

    def obstacle(self, request: Request) -> ImageError | None:
        """Return why this source can't serve here, without network or work; None when it may."""
        ...

    def build(self, request: Request, store: Store, scratch: Path) -> None:
        """Make the image and put it into the store atomically.

        ``scratch`` is a folder that is removed afterwards. Raises ImageError, or MachineError when
        a program of this host fails.
        """
        ...


SOURCES = Kind(name="image_sources", noun="image source", engine=__name__)


@once_per_project
def every_source() -> tuple[Source, ...]:
    """Return the sources in the order in which they are tried. Raises ExtensionError."""
    found = discover(SOURCES, _source_in).values()
    return tuple(sorted(found, key=lambda source: (source.order, source.name)))


def _source_in(file: File) -> Iterator[tuple[str, Source]]:
    found: Source | None = getattr(file.module, "SOURCE", None)
    if found is None:
        return
    if not isinstance(getattr(found, "order", None), int):
        raise file.wrong("its SOURCE has no whole number `order`")
    yield file.text_of(found, "name"), found
