"""An image of another architecture, compared with a plain bootstrap of the same packages."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.result import Result
from upgradeproof.command import run
from upgradeproof.home import Home
from upgradeproof.imaging import Images
from upgradeproof.imaging.mmdebstrap import APT_OPTIONS, NO_KEYS, argv
from upgradeproof.plan import Platform

LIMIT = 0.5
PLAIN_TIMEOUT_S = 3600.0


def measure(home: Home) -> list[Result]:
    """Make the arm64 disk of Debian 12 from scratch, and bootstrap its packages as a user would."""
    platform = Platform(image="debian-12", architecture="arm64", machine="vm")
    plain, ours = _plain(home, platform), _ours(home, platform)
    return [
        Result.overhead(
            "arm64 disk image, made under emulation",
            ("to the disk that boots", [ours]),
            ("plain mmdebstrap, a tar file", [plain]),
            maximum=LIMIT,
        )
    ]


def _plain(home: Home, platform: Platform) -> float:
    """Bootstrap with mmdebstrap alone: every program of the root is emulated."""
    request = home.imaging().request(platform)
    plain = request.image.bootstrap.model_copy(update={"merged_usr": False})
    image = request.image.model_copy(update={"bootstrap": plain})
    with tempfile.TemporaryDirectory(prefix="upgradeproof-bench-") as scratch:
        folder = Path(scratch)
        (folder / APT_OPTIONS).touch()
        (folder / NO_KEYS).mkdir()
        words = argv(replace(request, image=image), folder, as_root=os.geteuid() == 0)
        started = time.perf_counter()
        run(words, timeout_s=PLAIN_TIMEOUT_S, env={"LC_ALL": "C.UTF-8"})
        return time.perf_counter() - started


def _ours(home: Home, platform: Platform) -> float:
    """Make the image in a cache of its own."""
    with tempfile.TemporaryDirectory(prefix="upgradeproof-bench-") as scratch:
        before = os.environ.get("UPGRADEPROOF_CACHE")
        os.environ["UPGRADEPROOF_CACHE"] = scratch
        try:
            started = time.perf_counter()
            Images(home.images, Path(scratch) / "images").ensure(platform)
            return time.perf_counter() - started
        finally:
            os.environ.pop("UPGRADEPROOF_CACHE")
            if before is not None:
                os.environ["UPGRADEPROOF_CACHE"] = before
