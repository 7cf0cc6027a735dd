"""The states on a Docker engine: committed images, each a layer on another one."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import docker.errors
from docker.models.images import Image

from upgradeproof.machines import CachedSnapshot
from upgradeproof.machines.engine import LABEL, DockerEngine, EngineError


def snapshots(engine: DockerEngine) -> Sequence[CachedSnapshot]:
    """Return the committed images, each with the size of the layer that it adds.

    Raises MachineError when the engine can't list them.
    """
    try:
        images = list(_images(engine))
        names = {str(image.id): str(image.tags[0]) for image in images if image.tags}
        found = []
        for image in (each for each in images if each.tags):
            with suppress(docker.errors.NotFound):  # another process has removed it since
                found.append(_described(engine, image, names))
    except EngineError as error:
        raise engine.failed("the engine can't list the cached states", error) from None
    return found


def _images(engine: DockerEngine) -> Iterator[Image]:
    """Yield the images of states that are there; the SDK's list fails where one is removed."""
    for each in engine.client().api.images(filters={"label": f"{LABEL}=state"}):
        with suppress(docker.errors.NotFound):
            image = engine.client().images.get(each["Id"])
            if engine.owns(image.labels):
                yield image


def remove_all(engine: DockerEngine) -> Iterator[str]:
    """Remove every state that no machine uses, and yield their names. Raises MachineError."""
    try:
        for image in _images(engine):
            with suppress(docker.errors.APIError):  # in use by a run that goes on
                engine.client().images.remove(str(image.id), force=True)
                yield f"state {', '.join(image.tags) or image.short_id}"
    except EngineError as error:
        raise engine.failed("the engine can't remove the cached states", error) from None


def forget(engine: DockerEngine, snapshot: CachedSnapshot) -> bool:
    """Remove an image and return whether it is gone: not while a container uses it."""
    try:
        engine.client().images.remove(snapshot.name)
    except docker.errors.ImageNotFound:
        return True
    except docker.errors.APIError:
        return False
    except EngineError as error:
        raise engine.failed(f"the engine can't remove {snapshot.name}", error) from None
    return True


def free_bytes(engine: DockerEngine) -> int:
    """Return the free space in the engine's folder; no limit where that can't be measured."""
    try:
        root = str(engine.client().info()["DockerRootDir"])
    except EngineError as error:
        raise engine.failed("the engine does not answer", error) from None
    if engine.tunnel is not None:
        done = engine.tunnel.run(f"df -Pk {shlex.quote(root)}")
        return parsed_free_bytes(done.text) if done.ok else sys.maxsize
    try:
        found = os.statvfs(Path(root))
    except OSError:
        return sys.maxsize
    return found.f_bavail * found.f_frsize


def parsed_free_bytes(printed: str) -> int:
    """Return the available bytes in what ``df -Pk`` printed of one folder."""
    found = re.search(r"(\d+)\s+\d+%\s+/\S*$", printed)
    return int(found[1]) * 1024 if found else sys.maxsize


def _described(engine: DockerEngine, image: Image, names: dict[str, str]) -> CachedSnapshot:
    name = names[str(image.id)]
    return CachedSnapshot(
        name=name,
        key=name.rpartition(":")[2],
        size_bytes=_layer_bytes(engine, str(image.id)),
        made_at=_seconds(str(image.attrs["Created"])),
        parent=names.get(str(image.attrs.get("Parent", "")), ""),
    )


def _seconds(created: str) -> float:
    """Return the engine's time, UTC in nanoseconds, as seconds since the epoch."""
    whole = created[: len("2026-01-01T00:00:00")]
    return datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp()


@lru_cache(maxsize=4096)
def _layer_bytes(engine: DockerEngine, image_id: str) -> int:
    """Return the size of the layer that a commit has added; an image never changes."""
    history = engine.client().images.get(image_id).history()
    return int(history[0]["Size"]) if history else 0
