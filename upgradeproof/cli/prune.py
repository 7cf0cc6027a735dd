"""Remove what earlier runs left."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof import cache
from upgradeproof.home import Home
from upgradeproof.machines.backends import backends
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
    return 0 if asked else 1
