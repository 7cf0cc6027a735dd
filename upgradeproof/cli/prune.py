"""Remove what earlier runs left."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from upgradeproof import cache
from upgradeproof.errors import BackendError, MachineError
from upgradeproof.home import Home
from upgradeproof.machines.backends import backends
from upgradeproof.runner.engines import EngineInUse
from upgradeproof.runner.store import StateStore

HELP = "remove what earlier runs left running"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument(
        "--states",
        action="store_true",
        help="remove cached states, too; without it only limits of size and age apply",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what was removed; exit 1 if no backend works: then nothing is known."""
    asked = 0
    home = Home(Path.cwd()).open()
    if arguments.states:
        StateStore(cache.folder()).clear()
        home.packager.clear()
    for kind, backend in sorted(backends().items()):
        health = backend.health()
        if not health.works:
            sys.stdout.write(f"{kind}: nothing removed, {health.brief}\n")
            continue
        gone = backend.prune(states=arguments.states)
        sys.stdout.write("".join(f"removed {name}\n" for name in gone))
        sys.stdout.write(f"{kind}: {len(gone)} removed\n")
        asked += 1
    asked += sum(_cleared(engine, states=arguments.states) for engine in _engines(home))
    return 0 if asked else 1


def _engines(home: Home) -> Iterable[EngineInUse]:
    """Return the engines of engines.toml; those of this folder, if it has plans."""
    return home.engines.values() if home.plan_files else ()


def _cleared(engine: EngineInUse, *, states: bool) -> bool:
    """Print what was removed on an engine, and return whether it answered."""
    with engine:
        try:
            gone = engine.clear(states=states)
        except (BackendError, MachineError) as error:
            sys.stdout.write(f"{engine.engine.name}: nothing removed, {error.brief}\n")
            return False
    sys.stdout.write("".join(f"removed {name} on {engine.engine.name}\n" for name in gone))
    sys.stdout.write(f"{engine.engine.name}: {len(gone)} removed\n")
    return True
