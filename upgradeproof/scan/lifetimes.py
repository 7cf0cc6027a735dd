"""How long a release of a distribution gets updates: the data of the package distro-info-data."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from upgradeproof.errors import HarnessError

FOLDER = Path("/usr/share/distro-info")
REGULAR = "eol"
EXTENDED = ("eol-lts", "eol-server")
"""Support that everybody gets after the regular one; paid support does not count."""


@dataclass(frozen=True, kw_only=True)
class Lifetime:
    """When the support of a release ends."""

    regular: date | None
    extended: date | None = None

    @property
    def last(self) -> date | None:
        """Return the last day on which everybody gets updates; None: it is not known yet."""
        days = [day for day in (self.regular, self.extended) if day]
        return max(days) if days else None


def lifetime(distribution: str, codename: str, folder: Path = FOLDER) -> Lifetime | None:
    """Return the lifetime of a release; None where the data is not there or does not name it.

    Raises HarnessError for data that can't be read.
    """
    path = folder / f"{distribution}.csv"
    if not distribution.isalnum() or not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8", newline="") as file:
            row = next((row for row in csv.DictReader(file) if row["series"] == codename), None)
        if row is None:
            return None
        days = [_day(row.get(name)) for name in EXTENDED]
        return Lifetime(
            regular=_day(row.get(REGULAR)), extended=next((day for day in days if day), None)
        )
    except (ValueError, KeyError, csv.Error) as error:
        raise HarnessError(
            f"{path} can't be read: {error}",
            resolution="install the package distro-info-data again",
        ) from None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
