"""The definition of a backend is one value, and a part of the key of every state."""

from __future__ import annotations

import sys

import pytest

from upgradeproof.command import run
from upgradeproof.machines.backends import backends

SCRIPT = (
    "from upgradeproof.machines.backends import backends; print(backends()['{kind}'].definition)"
)


@pytest.mark.parametrize("kind", ["container", "vm"])
def test_a_definition_is_the_same_in_every_process(kind: str) -> None:
    done = run([sys.executable, "-c", SCRIPT.format(kind=kind)], timeout_s=60)
    assert done.text.strip() == backends()[kind].definition


def test_no_two_backends_share_a_definition() -> None:
    found = [backend.definition for backend in backends().values()]
    assert len(found) == len(set(found)) > 1


def test_only_a_vm_saves_its_memory() -> None:
    assert {kind: backend.saves_memory for kind, backend in backends().items()} == {
        "container": False,
        "vm": True,
    }
