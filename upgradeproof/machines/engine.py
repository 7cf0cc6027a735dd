"""The connection to a Docker engine: the one that answers is used as it is."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

import docker
import docker.errors
import requests.exceptions
from docker.utils import parse_host

from upgradeproof.errors import BackendError, MachineError

CALL_TIMEOUT_S = 300
"""Limit of every call to the engine; the slowest, a commit of a whole system, takes seconds."""
LABEL = "upgradeproof"
"""Labels everything of upgradeproof on an engine; ``prune`` removes nothing without it."""

EngineError = (docker.errors.DockerException, requests.exceptions.RequestException)
"""What the SDK raises: its own errors, and those of its HTTP library when the engine is gone."""

_clients = threading.local()
"""Each thread's connections, by the address that they were asked for: sessions are not shared."""


def client() -> docker.DockerClient:
    """Return this thread's connection to the engine that DOCKER_HOST or the default socket names.

    Raises BackendError when no engine answers.
    """
    known: dict[str, docker.DockerClient] = _clients.__dict__
    address = os.environ.get("DOCKER_HOST", "")
    if address in known:
        return known[address]
    try:
        _require_listener()
        fresh = docker.from_env(timeout=CALL_TIMEOUT_S)
        fresh.ping()
    except (*EngineError, OSError) as error:
        raise BackendError(
            "no Docker engine answers",
            details=f"{type(error).__name__}: {error}"[:300],
            resolution="`make setup` starts one; or set DOCKER_HOST to an engine that runs",
        ) from None
    known[address] = fresh
    return fresh


def _require_listener() -> None:
    """Raise OSError if no engine listens on a local socket: the SDK leaves its own socket open."""
    address = str(parse_host(os.environ.get("DOCKER_HOST")))
    if address.startswith("http+unix://"):
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.connect(address.removeprefix("http+unix://"))


def failed(what: str, error: Exception) -> MachineError:
    """Return the error for an engine call that failed, with the engine's own words."""
    explanation: Any = getattr(error, "explanation", None) or error
    return MachineError(f"{what}: {explanation}")
