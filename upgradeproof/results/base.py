"""The base of all that a report holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from upgradeproof.renamed_keys import fields


class Frozen(BaseModel):
    """The base of everything in a report: immutable, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _can_be_written_and_read(cls, data: Any) -> Any:
        """Drop what is computed, and what no file can contain: half of a character.

        Python reads the name of a file that is not UTF-8 as such halves, and a test may print it.
        Fields of an earlier version's files get their new names.
        """
        if isinstance(data, dict):
            renamed = fields(cls.__name__)
            return {
                renamed.get(name, name): _whole(value)
                for name, value in data.items()
                if name not in cls.model_computed_fields
            }
        return data


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "replace").decode()
    return value


def now() -> str:
    """Return the time, UTC, in ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
