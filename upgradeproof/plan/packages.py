"""Packages of the product's own: how they are built from its sources, on this host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, Field

from upgradeproof.plan.loading import Model


def _inside(path: str) -> str:
    """Return a path that stays below the folder that it is taken from."""
    if not path or path.startswith("/") or ".." in PurePosixPath(path).parts:
        raise ValueError(f"{path!r} must stay in its folder: no slash before it, no `..` in it")
    return path


Inside = Annotated[str, AfterValidator(_inside)]


class OwnPackages(Model):
    """How one release's packages are built, by a command of the product."""

    sources: Inside
    """The folder that the packages are made of; the command runs in a copy of it."""
    build: tuple[str, ...] = Field(min_length=1)
    """The command and its arguments; it is run without a shell."""
    programs: Mapping[str, str] = Field(default_factory=dict)
    """Programs that the command needs on this host, each with the package that has it."""
    timeout_s: float = Field(default=600.0, gt=0)
    """Limit of one release's build, in seconds."""


class Edit(Model):
    """One change of a source file: of a text that is in it exactly once."""

    file: Inside
    old: str
    """What is replaced; empty: the file is new."""
    new: str
    """What replaces it."""
