"""Definitions of operating system images: one TOML file each, found by discovery."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from upgradeproof.extensions import Kind, discover
from upgradeproof.plan.loading import Model, load

IMAGES = Kind(
    name="images", noun="image", engine="upgradeproof.data.images", suffix=".toml", replaces=True
)
Architecture = Literal["amd64", "arm64"]
KERNEL_NAMES: Mapping[str, str] = {"amd64": "x86_64", "arm64": "aarch64"}
"""What the kernel, QEMU and Docker call Debian's architectures."""
Firmware = Literal["bios", "uefi"]
FIRMWARE: Mapping[Architecture, Firmware] = {"amd64": "bios", "arm64": "uefi"}
"""The default firmware of each architecture."""
MachineKind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$")]
"""What a backend calls its machines: ``container`` or ``vm``."""

_PINNED = re.compile(r"^[\w./:-]+@sha256:[0-9a-f]{64}$")


def archive_urls(text: str) -> tuple[str, str] | None:
    """Return the URLs of an archive and of its security archive; None for an empty text.

    Raises ValueError when the text is not one URL or two.
    """
    words = text.split()
    if not words:
        return None
    main, *security = [word.rstrip("/") for word in words]
    if len(security) > 1 or not all("://" in word for word in words):
        raise ValueError("write the archive's URL, or it, a space and the security archive's")
    return main, security[0] if security else f"{main}-security"


class Bootstrap(Model):
    """How ``mmdebstrap`` makes the image from the distribution's archive."""

    suites: tuple[str, ...] = Field(min_length=1)
    """The release's suite first, then its updates; and security, where one archive holds both."""
    security_suites: tuple[str, ...] = ()
    """Suites of a separate security archive, as Debian's."""
    components: tuple[str, ...] = Field(default=("main",), min_length=1)
    keyring: str
    """The distribution's keyring on this host: signatures are always checked."""
    packages: tuple[str, ...] = ()
    """What a machine needs in addition to the base: init, and what an administrator expects."""
    archive: str = ""
    """Overrides the archive: its URL, a space, and the security archive's where it is not
    ``<archive>-security``. Empty: the one that this host's apt uses, or mmdebstrap's default."""
    one_archive: bool = True
    """Whether one archive serves every architecture. Ubuntu's does not: there, this host's archive
    is used for this host's architecture only."""
    merged_usr: bool = False
    """Lay /bin, /sbin and /lib as links into /usr before the first package, as the installer of a
    release does that has merged /usr while its packages don't ask for it yet."""

    @field_validator("archive")
    @classmethod
    def _urls(cls, archive: str) -> str:
        archive_urls(archive)
        return archive


class Vm(Model):
    """What a bootable disk needs, and the machine that it is made for."""

    packages: Mapping[Architecture, tuple[str, ...]]
    """The kernel, the initramfs and the boot loader, by architecture."""
    firmware: Mapping[Architecture, Firmware] = Field(default_factory=lambda: FIRMWARE)
    memory_mb: int = Field(default=1024, ge=128)
    processors: int = Field(default=2, ge=1)

    @field_validator("firmware")
    @classmethod
    def _arm_has_no_bios(
        cls, firmware: Mapping[Architecture, Firmware]
    ) -> Mapping[Architecture, Firmware]:
        if firmware.get("arm64", "uefi") != "uefi":
            raise ValueError('a machine of arm64 boots by "uefi"')
        return firmware


class Image(Model):
    """One operating system release, for some architectures and kinds of machine."""

    title: str
    family: str
    """The distribution: images of one family share their archive."""
    codename: str
    architectures: tuple[Architecture, ...] = Field(min_length=1)
    machines: tuple[MachineKind, ...] = ("container",)
    registry: Mapping[Architecture, str] = Field(default_factory=dict)
    """A registry image by architecture, pinned by digest; tried before the bootstrap."""
    bootstrap: Bootstrap
    vm: Vm | None = None
    """Goes with the kind ``vm``."""
    name: str = ""
    """The file's own name; set by ``load_images``."""

    @field_validator("registry")
    @classmethod
    def _pinned(cls, registry: Mapping[Architecture, str]) -> Mapping[Architecture, str]:
        for reference in registry.values():
            if not _PINNED.match(reference):
                raise ValueError(f"{reference!r} is not pinned: write name@sha256:<64 hex digits>")
        return registry

    @model_validator(mode="after")
    def _registry_architectures(self) -> Self:
        if unknown := set(self.registry) - set(self.architectures):
            raise ValueError(f"registry names {sorted(unknown)}, which architectures does not")
        return self

    @model_validator(mode="after")
    def _vm_is_described(self) -> Self:
        if "vm" not in self.machines:
            return self
        if self.vm is None:
            raise ValueError('machines names "vm": describe it in a table [vm]')
        if missing := set(self.architectures) - set(self.vm.packages):
            raise ValueError(f"[vm] packages lacks {sorted(missing)}, which architectures names")
        return self


class Platform(Model):
    """An operating system release x architecture x kind of machine."""

    image: str
    architecture: Architecture
    machine: MachineKind

    @property
    def id(self) -> str:
        """Return the id that plans match by glob, such as ``debian-12-amd64.container``."""
        return f"{self.image}-{self.architecture}.{self.machine}"


def load_images(*folders: Path) -> dict[str, Image]:
    """Return the images by name; one of the project hides the engine's of the same name.

    ``folders`` are the project's, which hold the folder ``images``. Raises PlanError when a
    definition is wrong.
    """
    return discover(IMAGES, lambda file: [(file.path.stem, _read(file.path))], folders)


def _read(path: Path) -> Image:
    return load(path, Image).model_copy(update={"name": path.stem})


def platforms(images: Mapping[str, Image]) -> tuple[Platform, ...]:
    """Return every platform of the images, ordered by image, architecture and kind."""
    return tuple(
        Platform(image=name, architecture=architecture, machine=machine)
        for name, image in sorted(images.items())
        for architecture in image.architectures
        for machine in image.machines
    )
