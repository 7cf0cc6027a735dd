"""The connection to a Docker engine: the one that answers here, or one that engines.toml names."""

from __future__ import annotations

import os
import socket
import statistics
import threading
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any

import docker
import docker.errors
import requests.exceptions
from docker.models.containers import Container
from docker.utils import parse_host

from upgradeproof.errors import BackendError, ChannelError, MachineError
from upgradeproof.machines.tunnel import Tunnel
from upgradeproof.machines.tunnel_errors import asking_why, silence

CALL_TIMEOUT_S = 300
"""Limit of every call to the engine; the slowest, a commit of a whole system, takes seconds."""
LABEL = "upgradeproof"
"""Labels everything of upgradeproof on an engine; ``prune`` removes nothing without it."""
BUILD = "image-build"
"""The value of that label on a container in which an image is built."""
OWNER = f"{LABEL}.owner"
"""Labels a container with the process that started it."""
CLIENT = f"{LABEL}.client"
"""Labels what one cache's runs have on an engine that others may use, too."""
PINGS = 7
"""How often an engine is asked to measure the latency of its tunnel."""
ENDING_S = 2.0
"""How long an SSH connection may take to report that it has ended, after what it forwards has."""

EngineError = (docker.errors.DockerException, requests.exceptions.RequestException)
"""What the SDK raises: its own errors, and those of its HTTP library when the engine is gone."""


class DockerEngine(AbstractContextManager["DockerEngine"]):
    """A Docker engine, connected when it is first used, for all threads of one process."""

    def __init__(
        self,
        *,
        name: str = "",
        address: str = "",
        tunnel: Tunnel | None = None,
        client_id: str = "",
    ) -> None:
        """Know where it is.

        ``name`` is that of engines.toml, empty for the one that answers here. ``address`` is its
        socket: on the tunnel's host, or here; empty: what DOCKER_HOST names. ``client_id`` is what
        distinguishes the containers and states of this host's cache from those of others; empty:
        it is this host's own engine.
        """
        self.name = name
        self.tunnel = tunnel
        self.client_id = client_id
        self._address = address
        self._base_url = "" if tunnel else address
        self._clients = threading.local()
        """Each thread's connections, by the address that they were asked for: sessions are not
        shared."""
        self._opening = threading.RLock()
        self._refused: BackendError | None = None
        self._answered = False
        self._latency_ms: float | None = None

    def __exit__(self, *_: object) -> None:
        """End the tunnel, if there is one; a later use connects again."""
        if self.tunnel is not None:
            self.tunnel.__exit__(None, None, None)
            self._base_url = ""
            self._clients = threading.local()

    @property
    def on(self) -> str:
        """Return what messages add to a machine's name."""
        return f" on the engine {self.name}" if self.name else ""

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the labels by which this host recognises what its runs have on the engine."""
        return MappingProxyType({CLIENT: self.client_id} if self.client_id else {})

    def owns(self, labels: Mapping[str, str]) -> bool:
        """Return whether this cache's runs made what has these labels, and not another host's."""
        return labels.get(CLIENT, "") == self.client_id

    @property
    def latency_ms(self) -> float | None:
        """Return the measured time of one request through the tunnel; None without a tunnel."""
        return self._latency_ms

    def client(self) -> docker.DockerClient:
        """Return this thread's connection to the engine.

        Raises BackendError when no engine answers; MachineError when it answered before.
        """
        known: dict[str, docker.DockerClient] = self._clients.__dict__
        address = self._address or os.environ.get("DOCKER_HOST", "")
        if address not in known:
            with self._opening:
                known[address] = self._connected()
        return known[address]

    def _connected(self) -> docker.DockerClient:
        """Connect. A first failure is remembered: each cell would wait for it again."""
        if self._refused is not None:
            raise self._refused
        try:
            fresh = self._fresh()
        except BackendError as error:
            if self.name and self._answered:
                raise self.lost(error.brief, error.details) from None
            self._refused = error if self.name else None
            raise
        if self.tunnel is not None and not self._answered:
            self._latency_ms = _latency_ms(fresh)
        self._answered = True
        return fresh

    def another_client(self, timeout_s: int) -> docker.DockerClient:
        """Return a separate connection with its own limit of a call. Raises as ``client`` does."""
        self.client()
        return self._made(timeout_s)

    def _made(self, timeout_s: int = CALL_TIMEOUT_S) -> docker.DockerClient:
        if self._base_url:
            return docker.DockerClient(base_url=self._base_url, timeout=timeout_s)
        return docker.from_env(timeout=timeout_s)

    def _fresh(self) -> docker.DockerClient:
        if self.tunnel is not None and not self._base_url:
            self._base_url = f"unix://{_forwarded(self.tunnel, self._address)}"
        try:
            _require_listener(self._base_url or os.environ.get("DOCKER_HOST"))
            fresh = self._made()
            fresh.ping()
        except (*EngineError, OSError) as error:
            raise self._no_answer(error) from None
        return fresh

    def _no_answer(self, error: Exception) -> BackendError:
        if self.tunnel is not None and not self.tunnel.ended:
            with suppress(MachineError):
                answer = self.tunnel.run(asking_why(self._address)).text
                return silence(self.name, self._address, answer, self.tunnel.printed)
        return BackendError(
            f"the engine {self.name} does not answer" if self.name else "no Docker engine answers",
            details=f"{type(error).__name__}: {error}"[:300],
            resolution="look at its address in engines.toml, and at its log"
            if self.name
            else "`make setup` starts one; or set DOCKER_HOST to an engine that runs",
        )

    def failed(self, what: str, error: Exception) -> MachineError:
        """Return the error for an engine call that failed, with the engine's own words."""
        explanation: Any = getattr(error, "explanation", None) or error
        return self.explained(MachineError(f"{what}: {explanation}"))

    def explained(self, error: MachineError) -> MachineError:
        """Return an error as it is, or that the engine is lost, if that is its cause."""
        if not self.name or self._answers():
            return error
        return self.lost(error.brief, error.details)

    def _answers(self) -> bool:
        if self.tunnel is not None and _ends(self.tunnel):
            return False
        try:
            self.require_listener()
            with closing(self._made()) as asked:
                asked.ping()
        except (*EngineError, OSError):
            return False
        return True

    def lost(self, brief: str, details: str) -> MachineError:
        """Return the error for an engine that answered before, and does not any more."""
        ended = self.tunnel.last_line if self.tunnel is not None and self.tunnel.ended else ""
        return ChannelError(
            f"the engine {self.name} does not answer any more: {brief}",
            details="\n".join(filter(None, (details, ended))),
            resolution=f"look at the host of {self.name}, then run its cells again",
        )

    def require_listener(self) -> None:
        """Raise OSError if nothing listens on the socket of an engine that was connected."""
        if self._base_url:
            _require_listener(self._base_url)

    def published(self, port: int) -> int:
        """Return the port of 127.0.0.1 here that leads to one of the engine's host.

        Raises MachineError.
        """
        return port if self.tunnel is None else self.tunnel.forward(port)

    def unpublish(self, local: int, port: int) -> None:
        """Undo ``published``."""
        if self.tunnel is not None:
            self.tunnel.cancel(local, port)


def _forwarded(tunnel: Tunnel, path: str) -> Path:
    """Open a tunnel and return the socket here that leads to the engine's."""
    with ExitStack() as on_failure:
        on_failure.enter_context(tunnel)
        local = tunnel.forward_socket(path)
        on_failure.pop_all()
    return local


def removed(container: Container) -> bool:
    """Remove a container; return whether this did, and not another process at the same time."""
    try:
        container.remove(force=True, v=True)
    except docker.errors.APIError as error:
        if error.status_code not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            raise
        return False
    return True


def _latency_ms(client: docker.DockerClient) -> float:
    """Return the median of some requests that the engine answers at once."""
    found = []
    for _ in range(PINGS):
        started = time.perf_counter()
        client.ping()
        found.append(1000 * (time.perf_counter() - started))
    return round(statistics.median(found), 1)


def _ends(tunnel: Tunnel) -> bool:
    """Return whether an SSH connection has ended; what it forwards ends a moment earlier."""
    deadline = time.monotonic() + ENDING_S
    while not (tunnel.ended or tunnel.works()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return tunnel.ended


def _require_listener(address: str | None) -> None:
    """Raise OSError if no engine listens on a local socket: the SDK leaves its own socket open."""
    parsed = str(parse_host(address))
    if parsed.startswith("http+unix://"):
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.connect(parsed.removeprefix("http+unix://"))


LOCAL = DockerEngine()
"""The engine that DOCKER_HOST or the default socket names."""
