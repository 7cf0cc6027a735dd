"""Kinds of names and numbers that several parts of a plan share."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

AbsolutePath = Annotated[str, Field(pattern=r"^/")]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
"""What a plan calls one of several things of a kind."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.+~_-]*$", max_length=40)]
"""What a plan calls a product, a release or a tag."""
PortNumber = Annotated[int, Field(ge=1, le=65535)]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_compiles)]
"""A regular expression of Python; ``^`` and ``$`` match the ends of a line."""
UNIT_TYPES = (
    "service", "socket", "timer", "path", "mount", "automount", "swap", "target", "device",
    "slice", "scope",
)  # fmt: skip
"""The types of units, as in systemd.unit(5)."""


def unit_name(name: str) -> str:
    """Return the full name of a unit: as it is where it names its type, else with ``.service``."""
    return name if name.rpartition(".")[2] in UNIT_TYPES else f"{name}.service"


def short_unit_name(name: str) -> str:
    """Return the short name of a unit: without ``.service``, where it stays the same unit."""
    short = name.removesuffix(".service")
    return short if unit_name(short) == name else name


UnitName = Annotated[str, Field(pattern=r"^[A-Za-z0-9@:_.\\-]+$"), AfterValidator(short_unit_name)]
"""The name of a systemd unit, such as ``getty@tty1``. With ``.service`` or without it, it is the
same unit: it is read as the short name, and checks have the same ids."""
