"""Fixtures: a channel to a shell of this host through the agent that also runs on a VM."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.machines.qemu.agent import AgentShells
from upgradeproof.machines.channel import Channel


@pytest.fixture
def shells() -> Iterator[AgentShells]:
    started = AgentShells()
    yield started
    started.end()


@pytest.fixture
def channel(shells: AgentShells) -> Iterator[Channel]:
    opened = Channel(shells, "box")
    yield opened
    opened.close()
