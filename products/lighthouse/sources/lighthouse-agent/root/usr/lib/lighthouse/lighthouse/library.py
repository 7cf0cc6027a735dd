"""liblighthouse, loaded when the agent starts: without it no item can be verified."""

from __future__ import annotations

import ctypes


class LibraryError(Exception):
    """The library can't be loaded, or lacks a symbol of liblighthouse."""


class Library:
    """The functions of liblighthouse."""

    def __init__(self) -> None:
        """Load it. Raises LibraryError."""
        try:
            self._library = ctypes.CDLL("liblighthouse.so.1")
            self._checksum = self._library.lighthouse_checksum
            self.version = ctypes.string_at(
                ctypes.addressof(ctypes.c_char.in_dll(self._library, "lighthouse_version"))
            ).decode()
        except (OSError, AttributeError, ValueError) as error:
            raise LibraryError(f"Failed to load library 'liblighthouse.so': {error}") from None
        self._checksum.argtypes = (ctypes.c_char_p, ctypes.c_size_t)
        self._checksum.restype = ctypes.c_uint64

    def checksum(self, content: bytes) -> str:
        """Return the checksum of an item, in hexadecimal."""
        return f"{self._checksum(content, len(content)):016x}"
