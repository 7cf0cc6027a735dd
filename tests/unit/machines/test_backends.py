"""The backends of this host are found by discovery, and examined before they start a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.errors import BackendError
from upgradeproof.machines.backends import backend, backends


def test_every_module_with_a_backend_is_found() -> None:
    assert "container" in backends()
    assert all(kind == found.kind for kind, found in backends().items())


def test_an_unknown_kind_of_machine_is_an_error() -> None:
    with pytest.raises(BackendError) as caught:
        backend("spaceship")
    assert str(caught.value) == (
        "there is no backend for the machine kind 'spaceship'\n"
        f"there is: {', '.join(sorted(backends()))}"
    )


@pytest.mark.parametrize("address", ["unix://{}/no-engine.sock", "tcp://127.0.0.1:9", "nonsense"])
def test_the_error_of_a_backend_that_does_not_work_states_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """No socket remains open: an unclosed socket is a warning, which fails this test."""
    monkeypatch.setenv("DOCKER_HOST", address.format(tmp_path))
    with pytest.raises(BackendError) as caught:
        backend("container")
    assert str(caught.value) == (
        "no Docker engine answers\n"
        "To do: `make setup` starts one; or set DOCKER_HOST to an engine that runs"
    )
