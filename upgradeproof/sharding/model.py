"""shards.json: which cells each shard runs, on which runner, and of which plans they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from upgradeproof import __version__
from upgradeproof.errors import HarnessError, PlanError
from upgradeproof.plan import Cell, Image
from upgradeproof.results import PlanFile, ShardOf
from upgradeproof.results.base import Frozen
from upgradeproof.results.reading import parsed

Basis = Literal["cell", "product", "machine", "none"]
"""What an estimate is made of: the cell's own recorded durations, those of its product's cells on
this kind of machine, those of all cells on this kind of machine, or nothing."""


class ShardedCell(Frozen):
    """A cell in a shard; it has all that a report must know of a cell that never ran."""

    id: str
    platform: str
    upgrade: str
    product: str
    tags: tuple[str, ...] = ()
    estimate_s: float
    estimated_from: Basis


class Shard(Frozen):
    """One part of the run."""

    number: int = Field(ge=1)
    runner: str
    """The name of the kind of runner that it needs."""
    labels: tuple[str, ...]
    """What the CI server finds such a runner by."""
    estimate_s: float
    """The sum of its cells."""
    cells: tuple[ShardedCell, ...] = Field(min_length=1)


class Shards(Frozen):
    """A whole shards.json: every cell that the parts together must bring."""

    schema_version: Literal[1] = 1
    upgradeproof: str = __version__
    plans_digest: str
    """SHA-256 over the plans and the images: a shard is run with these, or not at all."""
    plans: tuple[PlanFile, ...]
    shards: tuple[Shard, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if [shard.number for shard in self.shards] != [*range(1, len(self.shards) + 1)]:
            raise ValueError("the shards are not numbered 1, 2, 3...")
        ids = [cell.id for shard in self.shards for cell in shard.cells]
        if len(ids) != len(set(ids)):
            raise ValueError("a cell is in two shards")
        return self

    @cached_property
    def digest(self) -> str:
        """Return what the parts of this file are recognised by; layout does not change it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def shard_of(self, number: int) -> ShardOf:
        """Return what a part is recognised by."""
        return ShardOf(digest=self.digest, number=number, count=len(self.shards))

    def require(self, file: str, number: int) -> None:
        """Raise PlanError where there is no shard of this number."""
        if not 1 <= number <= len(self.shards):
            raise PlanError(
                f"{file} has no shard {number}", details=f"its shards are 1 to {len(self.shards)}"
            )

    def check_plans(self, path: Path, digest: str, plans: Sequence[PlanFile]) -> None:
        """Raise PlanError where the plans here are not those that the shards were made of."""
        if digest == self.plans_digest:
            return
        known = {plan.product: plan.sha256 for plan in self.plans}
        here = {plan.product: plan.sha256 for plan in plans}
        changed = sorted(name for name in known | here if known.get(name) != here.get(name))
        raise PlanError(
            f"{path} belongs to other plans than those that are here",
            details=f"different: {', '.join(changed)}"
            if changed
            else "the plans are equal; an image definition is different",
            resolution="check out the commit from which `upgradeproof shards` made the file, or"
            " make it again and run every shard",
        )


def shards_of(digest: str, plans: Iterable[PlanFile], shards: Iterable[Shard]) -> Shards:
    """Return the contents of a shards.json."""
    return Shards(plans_digest=digest, plans=tuple(plans), shards=tuple(shards))


def shard_word(word: str, option: str) -> tuple[str, int]:
    """Return the file and the number that ``FILE:N`` names. Raises PlanError."""
    name, separator, number = word.rpartition(":")
    if not (separator and name and number.isascii() and number.isdigit()):
        raise PlanError(
            f"{option}={word} names no shard", resolution=f"write {option}=shards.json:3"
        )
    return name, int(number)


def read_shards(path: Path) -> Shards:
    """Return what a shards.json holds. Raises HarnessError where it is missing or is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HarnessError(
            f"{path} can't be read: {error.strerror}",
            resolution="`upgradeproof shards --to FILE` writes it; hand it to every shard",
        ) from None
    return parsed(Shards, content, path, "shards.json")


def digest_of(plans: Iterable[PlanFile], images: Mapping[str, Image], cells: Sequence[Cell]) -> str:
    """Return the SHA-256 over plans, cells and the images that they start from, in any order."""
    used = {cell.platform.image for cell in cells}
    content = {
        "plans": sorted((plan.product, plan.sha256) for plan in plans),
        "images": sorted(images[name].model_dump_json() for name in used),
        "cells": sorted(cell.id for cell in cells),
    }
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
