"""The items: one file each, written atomically, with a checksum before its content."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Callable

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PART = ".part"


class QuotaError(Exception):
    """An item would exceed the quota that the configuration sets."""


class DamagedError(Exception):
    """The content of an item does not match its checksum."""


def is_name(name: str) -> bool:
    """Return whether an item may have this name: it is also the name of a file."""
    return bool(_NAME.fullmatch(name)) and not name.endswith(_PART)


class Store:
    """A folder of items."""

    def __init__(self, folder: Path, quota_bytes: int, checksum: Callable[[bytes], str]) -> None:
        """Make the folder if it does not exist, and read the sizes of the items in it."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._quota_bytes = quota_bytes
        self._checksum = checksum
        self._sizes: dict[str, int] = {
            path.name: path.stat().st_size for path in folder.iterdir() if is_name(path.name)
        }

    @property
    def names(self) -> list[str]:
        """Return the names of all items."""
        return sorted(self._sizes)

    @property
    def size_bytes(self) -> int:
        """Return the size of all items together."""
        return sum(self._sizes.values())

    def read(self, name: str) -> bytes | None:
        """Return an item, or None if there is none of that name. Raises DamagedError."""
        if name not in self._sizes:
            return None
        checksum, _, content = (self._folder / name).read_bytes().partition(b"\n")
        if checksum.decode("ascii", "replace") != self._checksum(content):
            raise DamagedError(f"the item {name} is not what was written")
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write an item; it is on the disk when this returns. Raises QuotaError."""
        record = self._checksum(content).encode() + b"\n" + content
        others = self.size_bytes - self._sizes.get(name, 0)
        if others + len(record) > self._quota_bytes:
            raise QuotaError(f"{len(record)} bytes exceed the quota: {others} bytes are in use")
        part = self._folder / f"{name}{_PART}"
        with part.open("wb") as file:
            file.write(record)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._folder / name)
        self._sizes[name] = len(record)

    def remove(self, name: str) -> bool:
        """Remove an item; return whether it existed."""
        if self._sizes.pop(name, None) is None:
            return False
        (self._folder / name).unlink()
        return True
