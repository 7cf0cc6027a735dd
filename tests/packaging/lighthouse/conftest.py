"""What is in Lighthouse's packages, unpacked: nothing here needs a machine."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from upgradeproof.command import run
from upgradeproof.packaging import Packager
from upgradeproof.plan import load_plan

ROOT = Path(__file__).parents[3]
PLAN = load_plan(ROOT / "products" / "lighthouse" / "upgrade.toml")
Load = Callable[[str], Any]
Unpacked = Callable[[str], Path]
T = TypeVar("T")
AGAIN_S = 3.0
"""After which an open circuit breaker lets one call try."""


def ended(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine gives, from a loop of its own: a browser's may run in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """Return what gives the files of one release, as its packages install them here."""
    cache = tmp_path_factory.mktemp("cache")

    def unpack(release: str) -> Path:
        folder = cache / release
        for package in Packager(cache).packages(PLAN, release):
            run(["dpkg-deb", "--extract", str(package.path), str(folder)], timeout_s=30)
        return folder

    return unpack


@pytest.fixture
def load(unpacked: Unpacked) -> Iterator[Load]:
    """Return what imports a module of release 1.2.8, and forget them all afterwards."""
    path = str(unpacked("1.2.8") / "usr/lib/lighthouse")
    sys.path.insert(0, path)
    yield lambda name: importlib.import_module(f"lighthouse.{name}")
    sys.path.remove(path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "lighthouse"]:
        del sys.modules[name]
