"""Kinds of names and numbers that several parts of a plan share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
"""What a plan calls one of several things of a kind."""
PortNumber = Annotated[int, Field(ge=1, le=65535)]
