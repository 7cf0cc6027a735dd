"""runners.toml: the kinds of machines that a CI server has, and which cells each can run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from upgradeproof.errors import PlanError
from upgradeproof.plan import Cell
from upgradeproof.plan.images import Architecture
from upgradeproof.plan.loading import Model, load

Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.:-]*$")]


class Runner(Model):
    """One kind of runner."""

    name: Label
    labels: tuple[Label, ...] = ()
    """What the CI server finds it by; empty: its name."""
    architectures: tuple[Architecture, ...] = Field(min_length=1)
    """Those whose programs it runs, by its processor or under emulation."""
    kvm: bool = False
    """Whether /dev/kvm works there: virtual machines go to such runners where there are any."""
    max_shards: int | None = Field(default=None, ge=1)
    """How many such runners there are; None: no limit."""


class Runners(Model):
    """A whole runners.toml."""

    runner: tuple[Runner, ...]

    @classmethod
    def called(cls) -> str:
        """Return what an error calls the file."""
        return "runners.toml"

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        if not self.runner:
            raise ValueError("there is no [[runner]]")
        names = [runner.name for runner in self.runner]
        if len(names) != len(set(names)):
            raise ValueError("two runners have the same name")
        return self


def load_runners(path: Path) -> tuple[Runner, ...]:
    """Return the runners of a file. Raises PlanError with every problem of it."""
    if not path.is_file():
        raise PlanError(
            f"{path}: there is no such file",
            resolution="`upgradeproof ci init` writes one; or leave out --runners",
        )
    return load(path, Runners).runner


def runners_of(cells: Sequence[Cell]) -> tuple[Runner, ...]:
    """Return a runner for each architecture of the cells, where no file names others."""
    found = dict.fromkeys(cell.platform.architecture for cell in cells)
    return tuple(Runner(name=each, architectures=(each,), kvm=True) for each in found)


def runner_for(cell: Cell, runners: Sequence[Runner], *, kvm_for_all: bool = False) -> Runner:
    """Return the first runner that fits a cell best. Raises PlanError where none can run it.

    A cell with its own kernel goes to a runner with KVM if there is one for its architecture, and
    a container to one without, so that runners with KVM stay free for those that need them.
    ``kvm_for_all`` sends containers to runners with KVM, too.
    """
    able = [each for each in runners if cell.platform.architecture in each.architectures]
    if not able:
        raise PlanError(
            f"no runner can run {cell.id}",
            details=f"it needs the architecture {cell.platform.architecture}; the runners have "
            + ", ".join(sorted({name for each in runners for name in each.architectures})),
            resolution="add a [[runner]] with this architecture, or select other cells",
        )
    wanted = kvm_for_all or cell.platform.machine != "container"
    return next((each for each in able if each.kvm is wanted), able[0])
