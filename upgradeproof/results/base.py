"""The base of all that a report holds."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Frozen(BaseModel):
    """The base of everything in a report: immutable, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _compute_anew(cls, data: Any) -> Any:
        """Drop what is computed: a report that was written can be read again."""
        if isinstance(data, dict):
            return {name: data[name] for name in data if name not in cls.model_computed_fields}
        return data
