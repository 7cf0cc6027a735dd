"""How much of a captured server is so in its twin."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, computed_field

from upgradeproof.results.base import Frozen, now


class SectionFidelity(Frozen):
    """One kind of fact: how many there are on the server or in the twin, and how many agree."""

    section: str
    facts: int
    agree: int
    differences: tuple[str, ...] = ()
    """What differs, a line each."""


class CaptureFidelity(Frozen):
    """A captured server, compared with its twin in ``installed``."""

    server: str
    sections: tuple[SectionFidelity, ...]

    @computed_field  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def share(self) -> float:
        """Return the share of all facts that agree, from 0 to 1; of no fact at all it is 1."""
        facts = sum(section.facts for section in self.sections)
        return sum(section.agree for section in self.sections) / facts if facts else 1.0


class CaptureCompared(Frozen):
    """The twin of a captured server was compared with it."""

    event: Literal["capture_compared"] = "capture_compared"
    at: str = Field(default_factory=now)
    cell: str
    fidelity: CaptureFidelity
