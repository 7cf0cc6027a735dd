"""Fixtures of the tests of machines: a channel to a real shell of this host."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.machines.shell import LocalShells
from upgradeproof.machines.channel import Channel


@pytest.fixture
def shells() -> Iterator[LocalShells]:
    started = LocalShells()
    yield started
    started.end()


@pytest.fixture
def channel(shells: LocalShells) -> Iterator[Channel]:
    opened = Channel(shells, "box")
    yield opened
    opened.close()
