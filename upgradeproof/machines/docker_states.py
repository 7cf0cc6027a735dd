"""The states on a Docker engine: committed images, each a layer on another one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import docker.errors
from docker.models.images import Image

from upgradeproof.machines import CachedSnapshot
from upgradeproof.machines.engine import LABEL, EngineError, client, failed


def snapshots() -> Sequence[CachedSnapshot]:
    """Return the committed images, each with the size of the layer that it adds.

    Raises MachineError when the engine can't list them.
    """
    try:
        images = client().images.list(filters={"label": f"{LABEL}=state"})
        names = {str(image.id): str(image.tags[0]) for image in images if image.tags}
        return [_described(image, names) for image in images if image.tags]
    except docker.errors.ImageNotFound:  # another process has removed one since
        return ()
    except EngineError as error:
        raise failed("the engine can't list the cached states", error) from None


def forget(snapshot: CachedSnapshot) -> bool:
    """Remove an image and return whether it is gone: not while a container uses it."""
    try:
        client().images.remove(snapshot.name)
    except docker.errors.ImageNotFound:
        return True
    except docker.errors.APIError:
        return False
    except EngineError as error:
        raise failed(f"the engine can't remove {snapshot.name}", error) from None
    return True


def free_bytes() -> int:
    """Return the free space in the engine's folder; no limit where that is not on this host."""
    try:
        found = os.statvfs(Path(client().info()["DockerRootDir"]))
    except EngineError as error:
        raise failed("the engine does not answer", error) from None
    except OSError:
        return sys.maxsize
    return found.f_bavail * found.f_frsize


def _described(image: Image, names: dict[str, str]) -> CachedSnapshot:
    name = names[str(image.id)]
    return CachedSnapshot(
        name=name,
        key=name.rpartition(":")[2],
        size_bytes=_layer_bytes(str(image.id)),
        made_at=_seconds(str(image.attrs["Created"])),
        parent=names.get(str(image.attrs.get("Parent", "")), ""),
    )


def _seconds(created: str) -> float:
    """Return the engine's time, UTC in nanoseconds, as seconds since the epoch."""
    whole = created[: len("2026-01-01T00:00:00")]
    return datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp()


@lru_cache(maxsize=4096)
def _layer_bytes(image_id: str) -> int:
    """Return the size of the layer that a commit has added; an image never changes."""
    history = client().images.get(image_id).history()
    return int(history[0]["Size"]) if history else 0
