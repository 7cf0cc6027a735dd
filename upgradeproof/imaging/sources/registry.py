"""A registry image, pinned by digest, to which the packages that a machine needs are added."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.models.containers import Container

from upgradeproof.errors import ImageError
from upgradeproof.imaging import emulation
from upgradeproof.imaging.request import Request
from upgradeproof.imaging.stores import Store
from upgradeproof.machines import owner
from upgradeproof.machines.engine import (
    BUILD,
    LABEL,
    LOCAL,
    OWNER,
    DockerEngine,
    EngineError,
    removed,
)

SILENCE_S = 60
"""How long a registry, or apt in the container, may send or print nothing."""
LIFE_S = 3600
"""A container that we could not remove ends after this time."""


def script(request: Request) -> str:
    """Return the script that makes a machine of a container image: it removes restrictions.

    Container images forbid services to start (policy-rc.d) and drop manual pages and caches; an
    upgrade would not be what it is on a server. The script ends at the first failure.
    """
    bootstrap = request.image.bootstrap
    archive = request.archive
    sources = archive.lines(bootstrap) if archive and archive.chosen else ()
    written = [
        "rm -f /etc/apt/sources.list.d/*",
        f"printf '%s\\n' {shlex.join(sources)} > /etc/apt/sources.list",
    ]
    return "\n".join(
        [
            "set -eu",
            *(written if sources else []),
            # Without --error-on=any apt-get update succeeds when it fetched nothing.
            "apt-get update --error-on=any -o Acquire::Retries=0 -o Acquire::http::Timeout=10",
            "rm -f /etc/dpkg/dpkg.cfg.d/docker* /etc/apt/apt.conf.d/docker-*",
            f"apt-get install --yes --no-install-recommends {shlex.join(bootstrap.packages)}",
            "rm -f /usr/sbin/policy-rc.d",
            "apt-get clean",
            "rm -rf /var/lib/apt/lists/*",
            "test -x /sbin/init",
        ]
    )


@dataclass(frozen=True)
class RegistrySource:
    """Pull an image by digest, install the packages, and commit the result."""

    name: str = "registry"
    order: int = 10
    on: DockerEngine = LOCAL
    """The engine that pulls, and that runs the container."""

    def obstacle(self, request: Request) -> ImageError | None:
        """Return why nothing can be pulled: no digest is pinned, or no emulation."""
        if request.vm:
            return ImageError("a registry holds no disks that boot")
        if request.architecture not in request.image.registry:
            return ImageError(f"no digest is pinned for {request.architecture}")
        if self.on.tunnel is not None:
            return None  # whether another host runs these programs, its engine shows
        return emulation.obstacle(request.architecture)

    def build(
        self,
        request: Request,
        store: Store,
        scratch: Path,  # noqa: ARG002  # the engine holds all that this source makes
    ) -> None:
        """Pull by digest, install, commit."""
        reference = request.image.registry[request.architecture]
        try:
            client = self.on.another_client(SILENCE_S)
            pulled = client.images.pull(reference, platform=f"linux/{request.architecture}")
            with _container(client, str(pulled.id), self.on.labels) as container:
                _install(container, request)
                store.commit(request, str(container.id))
        except EngineError as error:
            raise ImageError(
                f"{reference} is unavailable: {getattr(error, 'explanation', None) or error}",
                resolution="check that the engine can reach the registry",
            ) from None


@contextmanager
def _container(
    client: docker.DockerClient, image: str, labels: Mapping[str, str]
) -> Iterator[Container]:
    container = client.containers.run(
        image,
        entrypoint=["sleep", str(LIFE_S)],
        detach=True,
        labels={LABEL: BUILD, OWNER: owner.mine(), **labels},
    )
    try:
        yield container
    finally:
        removed(container)


def _install(container: Container, request: Request) -> None:
    done = container.exec_run(
        ["sh", "-c", script(request)], environment={"DEBIAN_FRONTEND": "noninteractive"}
    )
    if done.exit_code != 0:
        output = done.output if isinstance(done.output, bytes) else b"".join(done.output)
        text = output.decode("utf-8", "replace").strip()
        raise ImageError(
            f"apt failed in the registry image with exit status {done.exit_code}",
            details="\n".join(text.splitlines()[-6:]),
        )


SOURCE = RegistrySource()
