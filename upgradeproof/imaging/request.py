"""What is asked of a source: one operating system image for one architecture."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from upgradeproof.imaging import bootable
from upgradeproof.imaging.archive import Archive
from upgradeproof.plan.images import Architecture, Image, Vm

RECIPE = 1
"""Part of every key. Raise it when a source makes another image of the same definition."""
REPOSITORY = "upgradeproof/image"
"""Our images' name on an engine; their tag is their key."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Name one image to make; two equal requests are one image."""

    name: str
    image: Image
    architecture: Architecture
    machine: str = "container"
    archive: Archive | None
    """None: mmdebstrap's default, or the registry image's own sources."""

    @property
    def label(self) -> str:
        """Return how messages call it, such as ``debian-12-amd64``; of a VM with the kind."""
        kind = f".{self.machine}" if self.vm else ""
        return f"{self.name}-{self.architecture}{kind}"

    @property
    def vm(self) -> Vm | None:
        """Return what a VM needs; None where a container is asked for."""
        return self.image.vm if self.machine == "vm" else None

    @property
    def packages(self) -> tuple[str, ...]:
        """Return the packages in addition to the minimal base."""
        return (
            *self.image.bootstrap.packages,
            *(self.vm.packages[self.architecture] if self.vm else ()),
        )

    @property
    def key(self) -> str:
        """Return the content key: the label, and a hash of everything that shapes the image.

        The archive that this host happens to use is not part of it: the same packages come from
        every mirror. An archive that was chosen is.
        """
        chosen = self.archive if self.archive and self.archive.chosen else None
        shape = {
            "recipe": RECIPE,
            "architecture": self.architecture,
            "codename": self.image.codename,
            "registry": self.image.registry.get(self.architecture, ""),
            "bootstrap": self.image.bootstrap.model_dump(mode="json"),
            "archive": [chosen.main, chosen.security] if chosen else [],
            **(self._disk(self.vm) if self.vm else {}),
        }
        digest = hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()
        return f"{self.label}-{digest[:12]}"

    def _disk(self, vm: Vm) -> dict[str, object]:
        """Return what shapes a disk besides its packages: the machine, and our files on it."""
        recipe = bootable.recipe(self.architecture, vm.firmware[self.architecture])
        return {"vm": vm.model_dump(mode="json"), "bootable": recipe}

    @property
    def reference(self) -> str:
        """Return the Docker image that this becomes."""
        return f"{REPOSITORY}:{self.key}"
