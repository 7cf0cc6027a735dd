"""Images for containers: on the Docker engine, which every worker shares."""

from __future__ import annotations

import datetime
import hashlib
import json
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import docker.errors

from upgradeproof.errors import ImageError
from upgradeproof.imaging.request import REPOSITORY, Request
from upgradeproof.machines import engine

COMMAND = ["/sbin/init"]
"""What an image runs: an init, as a machine does."""


class DockerStore:
    """Store images on a Docker engine, by default the one that answers here."""

    machine = "container"

    def __init__(self, on: engine.DockerEngine = engine.LOCAL) -> None:
        self._engine = on

    def obstacle(self, request: Request) -> None:
        """Return nothing: ``find`` reports why an engine does not work."""

    def hooks(self, request: Request, scratch: Path) -> tuple[str, ...]:  # noqa: ARG002  # the protocol's
        """Return nothing: a container needs no more than its packages."""
        return ()

    def find(self, request: Request) -> str | None:
        """Return the reference of the image, or None. Raises BackendError without an engine."""
        try:
            self._engine.client().images.get(request.reference)
        except docker.errors.ImageNotFound:
            return None
        except engine.EngineError as error:
            raise self._engine.failed(
                f"the engine did not report whether it has {request.key}", error
            ) from None
        return request.reference

    def content(self, request: Request) -> str:
        """Return the id of the image: the SHA-256 of its configuration, which names its layers."""
        try:
            image = self._engine.client().images.get(request.reference)
        except engine.EngineError as error:
            raise self._engine.failed(f"the engine did not describe {request.key}", error) from None
        return str(image.id).removeprefix("sha256:")

    def load(self, request: Request, root: Path, scratch: Path) -> None:
        """Hand the engine a root file system with a configuration of our own.

        ``docker import`` would record this host's architecture for every image (engine 20.10).
        The tag is set last, by the engine: a load that breaks off leaves no image to be found.
        Raises ImageError when the engine refuses it, mostly for want of space.
        """
        bundle = scratch / "bundle.tar"
        pack(request, root, bundle)
        try:
            with bundle.open("rb") as stream:
                self._engine.client().images.load(stream)
            self._engine.client().images.get(request.reference)
        except engine.EngineError as error:
            raise _refused(error) from None

    def commit(self, request: Request, container: str) -> None:
        """Store a container on the engine as the image that was asked for.

        Raises ImageError when the engine refuses it, mostly for want of space.
        """
        # What is not written here is taken over from the container.
        theirs = {engine.OWNER: "", engine.CLIENT: ""}
        conf = {"Cmd": COMMAND, "Entrypoint": [], "Labels": {**labels(request), **theirs}}
        try:
            made = self._engine.client().containers.get(container)
            made.commit(REPOSITORY, request.key, conf=conf)
        except engine.EngineError as error:
            raise _refused(error) from None


def _refused(error: Exception) -> ImageError:
    return ImageError(
        f"the engine did not take the image: {getattr(error, 'explanation', None) or error}",
        resolution="look at the engine's own free space (`docker system df`)",
    )


def labels(request: Request) -> dict[str, str]:
    """Return the labels of a finished image."""
    return {
        engine.LABEL: "image",
        f"{engine.LABEL}.key": request.key,
        f"{engine.LABEL}.image": request.name,
    }


def pack(request: Request, root: Path, bundle: Path) -> None:
    """Write the tar file that ``docker load`` reads: one layer, its configuration, a manifest."""
    with root.open("rb") as stream:
        layer = hashlib.file_digest(stream, "sha256").hexdigest()
    config = json.dumps(configuration(request, layer)).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": config_name, "RepoTags": [request.reference], "Layers": ["layer.tar"]}]
    with tarfile.open(bundle, "w") as tar:
        tar.add(root, arcname="layer.tar")
        for name, content in (
            (config_name, config),
            ("manifest.json", json.dumps(manifest).encode()),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, BytesIO(content))


def configuration(request: Request, layer: str) -> dict[str, Any]:
    """Return an image's configuration after the OCI image specification, version 1."""
    created = datetime.datetime.now(datetime.UTC).isoformat()
    return {
        "architecture": request.architecture,
        **({"variant": "v8"} if request.architecture == "arm64" else {}),
        "os": "linux",
        "created": created,
        "config": {"Cmd": COMMAND, "Labels": labels(request)},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
        "history": [{"created": created, "created_by": "upgradeproof: mmdebstrap"}],
    }


STORE = DockerStore()
