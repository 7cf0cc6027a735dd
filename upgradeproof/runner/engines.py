"""What runners work with for the cells of one engine of engines.toml: its images and its states.

The states of an engine are in a folder of their own: facts and snapshots are of the same build only
if both are looked for in the same place.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from docker.errors import DockerException
from docker.utils import parse_host

from upgradeproof.errors import BackendError, HarnessError
from upgradeproof.imaging import Images
from upgradeproof.imaging.sources import Source, every_source
from upgradeproof.imaging.sources.registry import RegistrySource
from upgradeproof.imaging.stores.docker import DockerStore
from upgradeproof.machines import owner
from upgradeproof.machines.docker import DockerBackend
from upgradeproof.machines.engine import DockerEngine
from upgradeproof.machines.engines import Engine
from upgradeproof.machines.qemu.slots import slot
from upgradeproof.machines.tunnel import Tunnel
from upgradeproof.plan import Image
from upgradeproof.runner.context import RunContext
from upgradeproof.runner.storage import Limits, Storage
from upgradeproof.runner.store import StateStore

MIN_SPACE_BYTES = 1_500_000_000
"""Free space with which a cell starts: the upgrade of a whole system writes as much."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class EngineInUse(AbstractContextManager["EngineInUse"]):
    """An engine, connected when it is first used, and what this host stores for it."""

    engine: Engine
    docker: DockerEngine
    cache: Path
    """The folder of this host for the engine's states."""

    @classmethod
    def of(cls, engine: Engine, folder: Path, cache: Path) -> EngineInUse:
        """Return an engine of the engines.toml in ``folder``, not yet connected."""
        address = engine.ssh_address(folder)
        if address is None and is_default(engine.socket, os.environ):
            return cls(engine=engine, docker=DockerEngine(name=engine.name), cache=cache)
        connection = DockerEngine(
            name=engine.name,
            address=engine.socket if address else engine.address,
            tunnel=Tunnel(engine.name, address) if address else None,
            client_id=client_id(cache),
        )
        own = hashlib.sha256(engine.address.encode()).hexdigest()[:12]
        return cls(engine=engine, docker=connection, cache=cache / "engines" / own)

    def __exit__(self, *_: object) -> None:
        """End the connection."""
        self.docker.__exit__()

    @cached_property
    def backend(self) -> DockerBackend:
        """Return what starts its machines. Nothing is connected yet."""
        return DockerBackend(self.docker, self._slot)

    def connected(self, kind: str) -> DockerBackend:
        """Return what starts its machines, connected. Raises BackendError, MachineError."""
        if kind != self.backend.kind:
            raise BackendError(
                f"the engine {self.engine.name} starts no machines of the kind {kind!r}"
            )
        self.docker.client()
        return self.backend

    def _connected_in(self, journal: Path, kind: str) -> DockerBackend:
        """Return what starts its machines, in a run whose processes share a folder.

        Raises MachineError where another process of the run has reached the engine before: then it
        is not unavailable, but lost.
        """
        reached = journal / f"{self.engine.name}.reached"
        try:
            found = self.connected(kind)
        except BackendError as error:
            if reached.exists():
                raise self.docker.lost(error.brief, error.details) from None
            raise
        reached.touch()
        self._check_space(found)
        return found

    def _check_space(self, backend: DockerBackend) -> None:
        """Raise BackendError where a cell would fail for want of space; states are removed first.

        A step that fails on a full disk would count as a failure of the product.
        """
        if backend.free_bytes() >= MIN_SPACE_BYTES:
            return
        Storage(self.cache, [backend], Limits.of(self.cache)).trim()
        free = backend.free_bytes()
        if free < MIN_SPACE_BYTES:
            raise BackendError(
                f"the engine {self.engine.name} has too little free space: {free / 1e6:.0f} MB",
                details=f"a cell needs {MIN_SPACE_BYTES / 1e6:.0f} MB",
                resolution="free space in the engine's folder, such as by `docker system prune` on"
                " its host",
            )

    def images(self, definitions: Mapping[str, Image], run: str) -> Images:
        """Return what makes the images of its cells, and stores them on it."""
        store = DockerStore(self.docker)
        return Images(
            definitions,
            self.cache / "images",
            run=run,
            sources=self.sources(),
            stores={store.machine: store},
        )

    def sources(self) -> list[Source]:
        """Return the sources of its images: what needs an engine uses this one."""
        return [
            replace(source, on=self.docker) if isinstance(source, RegistrySource) else source
            for source in every_source()
        ]

    def context(self, context: RunContext, definitions: Mapping[str, Image]) -> RunContext:
        """Return what the runners of its cells work with, from that of this host."""
        return replace(
            context,
            images=self.images(definitions, context.run_id),
            backend=partial(self._connected_in, context.reports / "journal"),
            store=StateStore(self.cache),
        )

    def clear(self, *, states: bool) -> list[str]:
        """Remove what killed runs left on it, and states beyond the limits; return their names.

        Raises BackendError, MachineError when it can't be asked.
        """
        backend = self.connected(DockerBackend.kind)
        if states:
            StateStore(self.cache).clear()
        gone = [*backend.prune(states=states)]
        limits = Limits.of(self.cache)
        return [*gone, *(f"state {key}" for key in Storage(self.cache, [backend], limits).trim())]

    def try_to_clear(self) -> None:
        """Remove what killed runs left on it, and this process, whose machines are all over.

        A connection that broke leaves machines. Where that fails it is only logged.
        """
        try:
            self.connected(DockerBackend.kind).remove_machines(lambda by: by == owner.mine())
            self.clear(states=False)
        except (HarnessError, BackendError) as error:
            log.warning("the engine %s could not be cleared: %s", self.engine.name, error)

    def _slot(self) -> AbstractContextManager[None]:
        return slot(self.cache / "slots", self.engine.slots)


def is_default(path: str, environment: Mapping[str, str]) -> bool:
    """Return whether a socket is that of the engine that is used without engines.toml."""
    try:
        default = str(parse_host(environment.get("DOCKER_HOST"))).removeprefix("http+unix://")
    except DockerException:  # no address at all
        return False
    return os.path.realpath(path) == os.path.realpath(default)


def client_id(cache: Path) -> str:
    """Return what distinguishes this cache on an engine that other hosts use, too; made once."""
    path = cache / "engines" / "client"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(secrets.token_hex(4), encoding="ascii")
        with suppress(FileExistsError):
            path.hardlink_to(part)  # of several processes the first wins, with a whole file
        part.unlink()
    return path.read_text(encoding="ascii")
