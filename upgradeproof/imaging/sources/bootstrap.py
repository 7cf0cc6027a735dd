"""A bootstrap from the distribution's archive with ``mmdebstrap``, signatures checked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from upgradeproof.command import run
from upgradeproof.errors import ImageError
from upgradeproof.imaging import emulation
from upgradeproof.imaging.mmdebstrap import (
    APT_OPTIONS,
    NO_KEYS,
    ROOT,
    apt_options,
    argv,
    explain,
    overlay_hooks,
)
from upgradeproof.imaging.request import Request
from upgradeproof.imaging.stores import Store

BUILD_TIMEOUT_S = 1800.0
"""Limit of one bootstrap. Measured: 26-32 s native; arm64 under qemu-user see bench."""


@dataclass(frozen=True)
class BootstrapSource:
    """Make images with the ``mmdebstrap`` of this host."""

    name: str = "bootstrap"
    order: int = 20

    def obstacle(self, request: Request) -> ImageError | None:
        """Return what this host lacks: mmdebstrap, the keyring, or emulation."""
        if missing := _missing_programs(request):
            return ImageError(
                f"{missing[0]} is not installed",
                resolution=f"`make setup` installs it; by hand: apt install {' '.join(missing)}",
            )
        keyring = request.image.bootstrap.keyring
        if not Path(keyring).is_file():
            return ImageError(
                f"there is no keyring {keyring}: signatures can't be checked",
                resolution=f"install {request.image.family}'s archive keyring package, or copy "
                f"that file from a trusted {request.image.family} machine",
            )
        return emulation.obstacle(request.architecture)

    def build(self, request: Request, store: Store, scratch: Path) -> None:
        """Bootstrap into a tar file and hand it to the store."""
        (scratch / APT_OPTIONS).write_text(apt_options(_host_options()), encoding="utf-8")
        (scratch / NO_KEYS).mkdir()
        as_root = os.geteuid() == 0
        # Only root may be sent to our cache: without it mmdebstrap works in a user namespace,
        # whose users can't enter a private home folder.
        where = {"TMPDIR": str(scratch)} if as_root else {}
        overlay = () if emulation.native(request.architecture) else overlay_hooks()
        hooks = (*overlay, *store.hooks(request, scratch))
        done = run(
            argv(request, scratch, as_root=as_root, hooks=hooks),
            timeout_s=BUILD_TIMEOUT_S,
            env={"LC_ALL": "C.UTF-8", **where},
            check=False,
        )
        if not done.ok:
            raise explain(done)
        store.load(request, scratch / ROOT, scratch)


def _missing_programs(request: Request) -> Sequence[str]:
    """Return the packages that this host lacks; each is named as its program is."""
    needed = ["mmdebstrap"]
    if not emulation.native(request.architecture):
        needed.append("arch-test")
    return [name for name in needed if shutil.which(name) is None]


def _host_options() -> str:
    done = run(
        ["apt-config", "dump", "Acquire::http", "Acquire::https"],
        timeout_s=10,
        check=False,
    )
    return done.text if done.ok else ""


SOURCE = BootstrapSource()
