"""Ask each engine of engines.toml what it can prove."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from upgradeproof.errors import BackendError, MachineError, PlanError, UpgradeproofError
from upgradeproof.home import Home
from upgradeproof.machines.engine_proofs import EngineProof, ask
from upgradeproof.machines.engines import FILE, Engine
from upgradeproof.runner.engines import EngineInUse

HELP = "ask each engine of engines.toml what it can prove"
COLUMNS = (
    *("engine", "version", "architectures", "kernel", "storage", "free", "kvm", "slots", "cells"),
    "request",
)
Asked = tuple[EngineInUse, EngineProof | UpgradeproofError]


def configure(_parser: argparse.ArgumentParser) -> None:
    """Add no argument: the verb takes none."""


def run(_arguments: argparse.Namespace) -> int:
    """Print a row for each engine; exit 1 where one does not answer, or is not what is stated."""
    home = Home(Path.cwd())
    if not home.placement.engines:
        raise PlanError(
            f"there is no {FILE} in {home.root}: every cell runs on this host",
            resolution="to run cells on other hosts, write an [[engine]] with name, address "
            "(ssh://HOST) and architectures for each",
        )
    counts = Counter(engine.name for engine in home.placement.cells.values())
    asked = [(engine, _asked(engine)) for engine in home.engines.values()]
    rows = [
        row(engine.engine, found, counts[engine.engine.name])
        for engine, found in asked
        if isinstance(found, EngineProof)
    ]
    sys.stdout.write(table([COLUMNS, *rows]) if rows else "")
    problems = [line for each in asked for line in _problems(*each)]
    sys.stdout.write("".join(f"\n{problem}\n" for problem in problems))
    return 1 if problems else 0


def _asked(engine: EngineInUse) -> EngineProof | UpgradeproofError:
    with engine:
        try:
            return ask(engine.engine, engine.docker)
        except (BackendError, MachineError) as error:
            return error


def _problems(engine: EngineInUse, found: EngineProof | UpgradeproofError) -> list[str]:
    return [str(found)] if isinstance(found, UpgradeproofError) else found.problems(engine.engine)


def row(engine: Engine, found: EngineProof, cells: int) -> tuple[str, ...]:
    """Return the row of an engine that answered."""
    return (
        engine.name,
        found.version,
        ", ".join(f"{name} {how}" for name, how in found.architectures.items()),
        found.kernel,
        found.storage,
        f"{found.free_bytes / 1e9:.0f} GB" if found.free_bytes < sys.maxsize else "unknown",
        "yes" if found.kvm else "no",
        str(engine.slots),
        str(cells),
        "local" if found.latency_ms is None else f"{found.latency_ms} ms",
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as text, each column as wide as its longest word."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, each, widths)).rstrip() for each in rows)
    return "".join(f"{line}\n" for line in lines)
