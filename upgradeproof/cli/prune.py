"""Remove what earlier runs left."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from upgradeproof import cache
from upgradeproof.errors import BackendError, MachineError
from upgradeproof.home import Home
from upgradeproof.machines.backends import backend, backends
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
    for kind in sorted(backends()):
        asked += _removed(kind, partial(_pruned, kind, states=arguments.states))
    asked += sum(_cleared(engine, states=arguments.states) for engine in _engines(home))
    return 0 if asked else 1


def _pruned(kind: str, *, states: bool) -> Sequence[str]:
    return backend(kind).prune(states=states)


def _engines(home: Home) -> Iterable[EngineInUse]:
    """Return the engines of engines.toml; those of this folder, if it has plans."""
    return home.engines.values() if home.plan_files else ()


def _cleared(engine: EngineInUse, *, states: bool) -> bool:
    name = engine.engine.name
    with engine:
        return _removed(name, partial(engine.clear, states=states), f" on {name}")


def _removed(place: str, remove: Callable[[], Sequence[str]], on: str = "") -> bool:
    """Print what was removed in a place, and return whether it answered."""
    try:
        gone = remove()
    except (BackendError, MachineError) as error:
        sys.stdout.write(f"{place}: nothing removed, {error.brief}\n")
        return False
    sys.stdout.write("".join(f"removed {name}{on}\n" for name in gone))
    sys.stdout.write(f"{place}: {len(gone)} removed\n")
    return True
