"""The content of Lighthouse's packages, unpacked on this host, without a machine."""

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
RETRY_AFTER_S = 3.0
"""How long an open circuit breaker waits before it admits one call."""


def ended(work: Coroutine[Any, Any, T]) -> T:
    """Return a coroutine's result, from a new loop: this thread may have one of a browser."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@dataclass
class Clock:
    """A clock that shows the same time until a test sets it."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    """Return a function that unpacks the packages of one release and returns the folder."""
    cache = tmp_path_factory.mktemp("cache")

    def unpack(release: str) -> Path:
        folder = cache / release
        for package in Packager(cache).packages(PLAN, release):
            run(["dpkg-deb", "--extract", str(package.path), str(folder)], timeout_s=30)
        return folder

    return unpack


@pytest.fixture
def load(unpacked: Unpacked) -> Iterator[Load]:
    """Return a function that imports a module of release 1.2.8; remove the modules afterwards."""
    path = str(unpacked("1.2.8") / "usr/lib/lighthouse")
    sys.path.insert(0, path)
    yield lambda name: importlib.import_module(f"lighthouse.{name}")
    sys.path.remove(path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "lighthouse"]:
        del sys.modules[name]
