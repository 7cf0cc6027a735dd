"""What all runners of one process work with in a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from upgradeproof.errors import UpgradeproofError
from upgradeproof.machines import Backend
from upgradeproof.packaging import Packager
from upgradeproof.plan import Platform
from upgradeproof.prober import LINGER_S
from upgradeproof.results import ImageFile, Journal
from upgradeproof.runner.checkpoints import CHECKPOINT_AFTER_S
from upgradeproof.runner.recorder import Recorder
from upgradeproof.runner.store import StateStore
from upgradeproof.states import StateName


class Images(Protocol):
    """Makes the images of platforms: see ``upgradeproof.imaging``."""

    def ensure(self, platform: Platform) -> str:
        """Return the backend's name of the image, made if needed. Raises ImageError."""
        ...

    def content(self, platform: Platform) -> ImageFile | None:
        """Return what the image is that was made; None: it is not there any more."""
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
    linger_s: float = LINGER_S
    """How long a prober continues after the last step, beyond the longest downtime allowed."""
    checkpoint_after_s: float = CHECKPOINT_AFTER_S
    """What steps must have taken before a checkpoint is saved: see ``checkpoints``.
    Infinite: checkpoints of other runs are used, and none is saved."""

    def image(self, platform: Platform, recorder: Recorder) -> str:
        """Return the image that a cell starts from; make it where no run has made it before.

        Raises ImageError.
        """
        started = time.monotonic()
        recorder.started(StateName.BASE, platform.id)
        try:
            image = self.images.ensure(platform)
        except UpgradeproofError as error:
            recorder.failed(StateName.BASE, error, time.monotonic() - started)
            raise
        recorder.based(time.monotonic() - started, self.images.content(platform))
        return image
