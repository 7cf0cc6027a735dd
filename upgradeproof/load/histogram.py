"""Latencies in an HdrHistogram: every one counts, three digits of each, and two can be merged."""

from __future__ import annotations

import binascii
import struct
import zlib
from collections.abc import Iterable

from hdrh.codec import HdrCookieException, HdrLengthException
from hdrh.histogram import HdrHistogram

from upgradeproof.errors import LoadError

DIGITS = 3
LONGEST_US = 3_600_000_000
"""One hour: longer than any load lasts."""
_DAMAGES = (
    binascii.Error,
    HdrCookieException,
    HdrLengthException,
    IndexError,
    struct.error,
    TypeError,
    ValueError,
    zlib.error,
)


class Histogram:
    """Count durations, in microseconds inside and in milliseconds where they are asked for."""

    def __init__(self) -> None:
        self._counts = HdrHistogram(1, LONGEST_US, DIGITS)

    def record(self, seconds: float, every_s: float = 0.0) -> None:
        """Count one duration; what is shorter than 1 us or longer than an hour counts as that.

        ``every_s``: how often it should have been measured. A longer duration prevented further
        measurements, and is counted once for each of them, shorter by as much; 0: none.
        """
        counted = min(max(round(seconds * 1e6), 1), LONGEST_US)
        self._counts.record_corrected_value(counted, round(every_s * 1e6))

    @property
    def count(self) -> int:
        """Return how many were counted."""
        return int(self._counts.get_total_count())

    def percentile_ms(self, percent: float) -> float:
        """Return what this share of all is not longer than; of nothing at all: 0."""
        return float(self._counts.get_value_at_percentile(percent)) / 1000

    @property
    def max_ms(self) -> float:
        """Return the longest; of nothing at all: 0."""
        return float(self._counts.get_max_value()) / 1000

    @classmethod
    def merged(cls, parts: Iterable[Histogram]) -> Histogram:
        """Return one histogram of all that the parts counted."""
        whole = cls()
        for part in parts:
            whole._add(part)
        return whole

    def _add(self, other: Histogram) -> None:
        self._counts.add(other._counts)

    def encode(self) -> str:
        """Return it as text: HdrHistogram V2, compressed, in base64."""
        encoded: bytes = self._counts.encode()
        return encoded.decode("ascii")

    @classmethod
    def decode(cls, text: str) -> Histogram:
        """Return the histogram that ``encode`` wrote. Raises LoadError for anything else."""
        found = cls()
        try:
            found._counts.decode_and_add(text)
        except _DAMAGES as error:
            raise LoadError(f"a histogram of latencies is damaged: {error}") from None
        return found
