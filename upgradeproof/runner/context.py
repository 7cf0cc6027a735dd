"""What every runner of a run works with."""

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
from upgradeproof.runner.store import Store


class Images(Protocol):
    """What gives the image of a platform: see ``upgradeproof.imaging``."""

    def ensure(self, platform: Platform) -> str:
        """Return the backend's name of the image, made if needed. Raises ImageError."""
        ...


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """What every runner of a run works with."""

    images: Images
    packager: Packager
    backend: Callable[[str], Backend]
    """Gives the backend of a kind of machine. Raises BackendError."""
    store: Store
    reports: Path
    locustfiles: tuple[Path, ...] = ()
    """Folders of users for every product's loads."""
    journal: Journal
    run_id: str
    fresh: bool
    """Whether states that were kept by earlier runs are left alone and built anew."""
    watched: bool
    """Whether availability on the way is asked for; if not, no prober is begun."""
    checkpoint_after_s: float = CHECKPOINT_AFTER_S
    """What steps must have taken for the machine to be kept on its way: see ``checkpoints``.
    Infinite: stops of other runs are used, and none is kept."""
