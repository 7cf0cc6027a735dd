"""The images of a run: found on the engine, or made once."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from upgradeproof.errors import ImageError, MachineError, PlanError, UpgradeproofError
from upgradeproof.imaging import archive, emulation
from upgradeproof.imaging.once import WAIT_TIMEOUT_S, Once
from upgradeproof.imaging.request import Request
from upgradeproof.imaging.sources import Source, every_source
from upgradeproof.imaging.stores import Store, every_store
from upgradeproof.machines import Health
from upgradeproof.plan.images import Image, Platform
from upgradeproof.plan.loading import nearest
from upgradeproof.results import ImageFile

NEEDED_BYTES = 1_500_000_000
"""Free space that a build needs in the cache: root, tar and bundle of Debian 12 take 0.9 GB."""

log = logging.getLogger(__name__)


class Images:
    """Hand out operating system images; each is made once, for every worker and every run."""

    def __init__(
        self,
        images: Mapping[str, Image],
        cache: Path,
        *,
        run: str = "",
        sources: Sequence[Source] | None = None,
        stores: Mapping[str, Store] | None = None,
        environ: Mapping[str, str] = os.environ,
        etc: Path = Path("/etc"),
        wait_timeout_s: float = WAIT_TIMEOUT_S,
        needed_bytes: int = NEEDED_BYTES,
    ) -> None:
        """Use definitions and a cache folder (locks and scratch; the images are in the stores).

        Workers that name the same ``run`` share its failures: when one of them fails to reach an
        archive, the others don't try again.
        """
        self._images = images
        self._cache = cache
        self._sources = every_source() if sources is None else tuple(sources)
        self._stores = every_store() if stores is None else stores
        self._environ = environ
        self._etc = etc
        self._needed_bytes = needed_bytes
        self._once = Once(cache, run, wait_timeout_s)

    def ensure(self, platform: Platform) -> str:
        """Return the image of a platform, as its backend knows it; make it if it is not there yet.

        Raises ImageError, with every source that was tried and why it failed; BackendError when no
        engine answers; PlanError when there is no such image.
        """
        request = self.request(platform)
        store = self._stores[request.machine]
        if found := store.find(request):
            return found
        with self._once.turn(request.key):
            if found := store.find(request):
                return found
            self._make(request)
            if found := store.find(request):
                return found
        raise ImageError(f"{request.key} was made, and does not exist")

    def content(self, platform: Platform) -> ImageFile | None:
        """Return what the image of a platform is; None where it is not there."""
        request = self.request(platform)
        store = self._stores[request.machine]
        reference = store.find(request)
        if reference is None:
            return None
        return ImageFile(reference=request.key, sha256=store.content(request))

    def health(self, platform: Platform) -> Health:
        """Return whether a platform's image exists or can be made here; never raises."""
        try:
            request = self.request(platform)
            if self._stores[request.machine].find(request):
                return Health(works=True, brief="cached")
        except UpgradeproofError as error:
            return Health(works=False, brief=error.brief, resolution=error.resolution)
        obstacles: dict[str, UpgradeproofError] = {}
        for source in self._sources:
            obstacle = self._obstacle(source, request)
            if obstacle is None:
                return Health(works=True, brief=f"not cached; {source.name} makes it when needed")
            obstacles[source.name] = obstacle
        return Health(
            works=False,
            brief="; ".join(f"{name}: {error.brief}" for name, error in obstacles.items()),
            resolution=_nothing_left(request, obstacles).resolution,
        )

    def request(self, platform: Platform) -> Request:
        """Return what has to be made for a platform. Raises PlanError, ImageError."""
        image = self._images.get(platform.image)
        if image is None:
            raise PlanError(
                f"there is no image {platform.image!r}",
                resolution=nearest(platform.image, self._images),
            )
        if platform.machine not in self._stores:
            raise ImageError(f"images for machines of the kind {platform.machine!r} can't be made")
        return Request(
            name=platform.image,
            image=image,
            architecture=platform.architecture,
            machine=platform.machine,
            archive=archive.choose(
                image.family,
                image.bootstrap,
                platform.architecture,
                native=emulation.native(platform.architecture),
                etc=self._etc,
                environ=self._environ,
            ),
        )

    def _make(self, request: Request) -> None:
        """Try one source after the other. Raises ImageError when none is left."""
        failed: dict[str, UpgradeproofError] = {}
        for source in self._sources:
            try:
                if obstacle := self._obstacle(source, request):
                    raise obstacle
                self._check_free_space()
                self._build(source, request)
            except (ImageError, MachineError) as error:
                failed[source.name] = error
            except OSError as error:
                failed[source.name] = ImageError(
                    f"{error}", resolution="free disk space, or fix what the message names"
                )
            else:
                return
        raise _nothing_left(request, failed)

    def _obstacle(self, source: Source, request: Request) -> ImageError | None:
        return source.obstacle(request) or self._stores[request.machine].obstacle(request)

    def _build(self, source: Source, request: Request) -> None:
        log.info("making the image %s by %s", request.key, source.name)
        started = time.monotonic()
        with self._once.scratch(request.key) as scratch:
            source.build(request, self._stores[request.machine], scratch)
        log.info("made %s in %.1f s", request.key, time.monotonic() - started)

    def _check_free_space(self) -> None:
        free = shutil.disk_usage(self._cache).free
        if free < self._needed_bytes:
            needed = f"{self._needed_bytes / 1e6:.0f} MB"
            raise ImageError(
                f"the disk is nearly full: {self._cache} has {free / 1e6:.0f} MB left",
                resolution=f"free disk space: an image needs {needed} while it is made",
            )


def _nothing_left(request: Request, failed: Mapping[str, UpgradeproofError]) -> ImageError:
    """Return the error that names every source, why it failed, and what to do about each."""
    lines = []
    for name, error in failed.items():
        lines.append(f"- {name}: {error.brief}")
        lines += [f"    {line}" for line in error.details.splitlines()]
    advice = dict.fromkeys(error.resolution for error in failed.values() if error.resolution)
    return ImageError(
        f"there is no image for {request.label}",
        details="\n".join(lines),
        resolution="; or ".join(advice),
    )
