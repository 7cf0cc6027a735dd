"""engines.toml: the engines that cells may run on, and which of them runs which cell.

The placement is pure: it depends on the plans' cells and on engines.toml alone, neither on the
cells that a run selects nor on what the engines are doing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from upgradeproof.errors import PlanError
from upgradeproof.machines.backends import own_kernel
from upgradeproof.machines.ssh import Address
from upgradeproof.plan import Cell
from upgradeproof.plan.images import Architecture
from upgradeproof.plan.loading import Model, load, misplaced, repeated

FILE = "engines.toml"
THIS_HOST = "this host"
SOCKET = "/var/run/docker.sock"
"""Where an engine listens on its host, if its address names no other socket."""
_ADDRESS = re.compile(r"(?:unix://(?P<here>/.+)|(?P<host>ssh://[^/]+)(?P<there>/.*)?)")


class Engine(Model):
    """One engine on which cells may run."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    address: str
    """``unix:///var/run/docker.sock``, or ``ssh://user@host``, with a port and a socket if they
    are not the usual ones: ``ssh://user@host:22/run/podman/podman.sock``."""
    architectures: tuple[Architecture, ...]
    """Those whose programs it runs, by its processor or under emulation."""
    kvm: bool = False
    """Whether /dev/kvm works there. Virtual machines run on this host, so that nothing uses it
    yet; ``upgradeproof engines`` compares it with what it finds."""
    slots: int = Field(default=1, ge=1)
    """How many cells it runs at once, and its share of the cells."""
    ssh_config: Path | None = None
    """A configuration for ``ssh`` in place of the user's; relative to the folder of the file."""

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        found = _ADDRESS.fullmatch(address)
        try:
            if found and found["host"]:
                Address.parse(found["host"])
        except PlanError:
            found = None
        if not found:
            raise ValueError(
                f"{address!r} is no address of an engine; write ssh://root@host or"
                " unix:///var/run/docker.sock"
            )
        return address

    @field_validator("architectures")
    @classmethod
    def _has_an_architecture(cls, names: tuple[Architecture, ...]) -> tuple[Architecture, ...]:
        if not names:
            raise ValueError("the list names no architecture")
        return names

    @property
    def socket(self) -> str:
        """Return the path of the engine's socket, on its own host."""
        found = _ADDRESS.fullmatch(self.address)
        path = (found["here"] or found["there"] or "") if found else ""
        return path if path.strip("/") else SOCKET

    def ssh_address(self, folder: Path) -> Address | None:
        """Return how its host is reached by SSH; None: it is this one.

        ``folder`` is that of engines.toml.
        """
        found = _ADDRESS.fullmatch(self.address)
        if found is None or found["host"] is None:
            return None
        config = folder / self.ssh_config if self.ssh_config else None
        return Address.parse(found["host"], config)


class _Engines(Model):
    """A whole engines.toml."""

    engine: tuple[Engine, ...] = Field(min_length=1)

    @classmethod
    def called(cls) -> str:
        """Return what an error calls the file."""
        return FILE

    @model_validator(mode="after")
    def _are_different(self) -> _Engines:
        for key in ("name", "address"):
            values = [getattr(engine, key) for engine in self.engine]
            if (at := repeated(values)) is not None:
                raise misplaced(f"{values[at]!r} is there twice", "engine", at, key)
        return self


@dataclass(frozen=True, kw_only=True)
class Placement:
    """The engines of a project, and the cells that each runs."""

    engines: tuple[Engine, ...] = ()
    """In the order of the file; none: there is no file, and every cell runs on this host."""
    folder: Path = Path()
    """That of the file."""
    cells: Mapping[str, Engine] = field(default_factory=dict)
    """The engine of each cell that one of them can run, by the cell's id."""

    def engine_of(self, cell: Cell) -> Engine | None:
        """Return the engine of a cell; None: this host itself.

        Raises PlanError where no engine runs the cell's architecture.
        """
        if not self.engines or own_kernel(cell.platform.machine):
            return None
        if cell.id not in self.cells:
            raise PlanError(
                f"no engine can run {cell.id}",
                details=f"it needs the architecture {cell.platform.architecture}; the engines have "
                + ", ".join(sorted({name for each in self.engines for name in each.architectures})),
                resolution=f"add an [[engine]] with this architecture to {FILE}, or select other"
                " cells",
            )
        return self.cells[cell.id]

    def names(self, cells: Sequence[Cell]) -> dict[str, str]:
        """Return what a person calls the place of each cell, by the cell's id.

        Empty where there is no engines.toml. Raises PlanError where no engine runs a cell.
        """
        if not self.engines:
            return {}
        found = {cell.id: self.engine_of(cell) for cell in cells}
        return {name: engine.name if engine else THIS_HOST for name, engine in found.items()}


def load_placement(folder: Path, cells: Sequence[Cell]) -> Placement:
    """Return the placement of all cells of a project. Raises PlanError for a wrong engines.toml."""
    path = folder / FILE
    if not path.is_file():
        return Placement()
    engines = load(path, _Engines).engine
    return Placement(engines=engines, folder=folder, cells=placed(cells, engines))


def placed(cells: Sequence[Cell], engines: Sequence[Engine]) -> dict[str, Engine]:
    """Return the engine of each cell, by the cell's id; one that no engine can run is left out.

    A cell goes to the engine that has the fewest cells for its slots, of those that have the cell's
    architecture; of equals to the first. Cells with a kernel of their own stay on this host.
    """
    counts = {engine.name: 0 for engine in engines}
    found: dict[str, Engine] = {}
    for cell in cells:
        able = [each for each in engines if cell.platform.architecture in each.architectures]
        if own_kernel(cell.platform.machine) or not able:
            continue
        chosen = min(able, key=lambda each: (counts[each.name] + 1) / each.slots)
        counts[chosen.name] += 1
        found[cell.id] = chosen
    return found
