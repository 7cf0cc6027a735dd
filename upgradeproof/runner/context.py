"""What all runners of one process work with in a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from upgradeproof.machines import Backend
from upgradeproof.packaging import Packager
from upgradeproof.plan import Platform
from upgradeproof.results import Journal
from upgradeproof.runner.checkpoints import CHECKPOINT_AFTER_S
from upgradeproof.runner.store import StateStore


class Images(Protocol):
    """What gives the image of a platform: see ``upgradeproof.imaging``."""

    def ensure(self, platform: Platform) -> str:
        """Return the backend's name of the image, made if needed. Raises ImageError."""
        ...


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """What all runners of one process work with in a run."""

    images: Images
    packager: Packager
    backend: Callable[[str], Backend]
    """Returns the backend of a kind of machine. Raises BackendError."""
    store: StateStore
    reports: Path
    locustfiles: tuple[Path, ...] = ()
    """Folders of users for every product's loads."""
    journal: Journal
    run_id: str
    fresh: bool
    """Whether states that earlier runs have saved are ignored, and built again."""
    watched: bool
    """Whether a test asks for availability during the upgrade; if not, no prober is started."""
    checkpoint_after_s: float = CHECKPOINT_AFTER_S
    """What steps must have taken before a checkpoint is saved: see ``checkpoints``.
    Infinite: checkpoints of other runs are used, and none is saved."""
