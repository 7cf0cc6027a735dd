"""Every request that the prober made of one endpoint, as it was observed and not judged."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from upgradeproof.errors import LoadError
from upgradeproof.files import write_atomically
from upgradeproof.results.base import Frozen
from upgradeproof.results.load import Connection


class Sample(NamedTuple):
    """One request. Times are in seconds."""

    connection: Connection
    due_s: float
    """From when the prober began."""
    late_s: float | None
    """How late it was sent; None: the prober could not send it."""
    latency_s: float
    """From when it was due, also where it was sent later; where it never was, until that was so."""
    failure: str
    """Why it was not answered well, or not sent; empty: it was, whether in time or not."""


class Stall(NamedTuple):
    """A time in which the prober itself did not run, though it wanted to; in seconds, as above."""

    began_s: float
    lasted_s: float


class Recording(Frozen):
    """The requests to one endpoint, and their results."""

    began_at: float
    """When the prober began, in seconds of this host's monotonic clock."""
    lasted_s: float
    """When the last request was due at the latest, from when it began."""
    ended_on_request: bool
    """Whether it ended because its input was closed; if not, its time was over."""
    samples: tuple[Sample, ...]
    stalls: tuple[Stall, ...]

    @classmethod
    def read(cls, path: Path) -> Recording:
        """Return the recording in a file. Raises LoadError when it is not there, or not whole."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise LoadError("the prober left no recording") from None
        except ValidationError as error:
            first = error.errors()[0]["msg"]
            raise LoadError("the prober's recording is damaged", details=first) from None

    def write(self, path: Path) -> None:
        """Write the recording atomically: a partial file must not look complete."""
        write_atomically(path, self.model_dump_json())
