"""The states on a Docker engine: committed images, each a layer on another one."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
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
        found = engine.client().images.list(filters={"label": f"{LABEL}=state"})
        images = [image for image in found if engine.owns(image.labels)]
        names = {str(image.id): str(image.tags[0]) for image in images if image.tags}
        return [_described(engine, image, names) for image in images if image.tags]
    except docker.errors.ImageNotFound:  # another process has removed one since
        return ()
    except EngineError as error:
        raise engine.failed("the engine can't list the cached states", error) from None


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
