"""What is to be observed: packages, and the two releases of the operating system.

Everything that can be checked without a machine is an error here, before one is started.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from upgradeproof.distributions import is_older, skipped
from upgradeproof.errors import PlanError
from upgradeproof.imaging.emulation import native
from upgradeproof.plan import Image, Platform
from upgradeproof.plan.images import MachineKind
from upgradeproof.plan.loading import nearest, repeated

CONTAINER: MachineKind = "container"
LONGEST_NAME = 40
"""Of a product, as the plan allows it."""
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9.+-]+")
"""As Debian's policy has it: no version, no suite, no file."""
_PRODUCT = re.compile(r"[a-z0-9][a-z0-9.+~_-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class Order:
    """Packages, the image that they are observed on, and the one whose release is the target."""

    packages: tuple[str, ...]
    old: Image
    new: Image
    platform: Platform
    name: str
    """Of the product."""

    @property
    def releases(self) -> tuple[str, str]:
        """Return the names of both releases: those of the images without their distribution's."""
        old, new = (image.name.removeprefix(f"{image.family}-") for image in (self.old, self.new))
        return old, new

    @property
    def cell(self) -> str:
        """Return the id of the plan's only cell."""
        old, new = self.releases
        return f"{self.platform.id}.{self.name}-{old}-to-{new}"


def order(
    packages: Sequence[str], from_: str, to: str, images: Mapping[str, Image], name: str = ""
) -> Order:
    """Return what is to be observed. Raises PlanError, with the nearest valid name."""
    old, new = (_image(release, images) for release in (from_, to))
    if old.name == new.name:
        raise PlanError(
            f"--from and --to are both {old.name}: there is nothing to upgrade",
            resolution="name the release to upgrade to with --to",
        )
    if old.family != new.family:
        raise PlanError(
            f"{old.name} is {old.family} and {new.name} is {new.family}: no upgrade leads from one"
            " to the other",
            resolution="name two releases of one distribution",
        )
    if old.codename == new.codename:
        raise PlanError(f"{old.name} and {new.name} are the same release, {old.codename}")
    if is_older(new.codename, old.codename):
        raise PlanError(
            f"{new.name} is an older release than {old.name}, and an upgrade never leads back",
            resolution="name the older release with --from, and the newer one with --to",
        )
    if skip := skipped(old.codename, new.codename):
        raise PlanError(
            f"an upgrade {skip}",
            resolution=f"name {skip.way[0].codename}, the next release, with --to",
        )
    for package in packages:
        if not _PACKAGE.fullmatch(package):
            raise PlanError(
                f"{package!r} is no name of a package",
                resolution="write the name alone, in lower case: no version, no suite, no file",
            )
    if (again := repeated(packages)) is not None:
        raise PlanError(f"{packages[again]} is named twice")
    return Order(
        packages=tuple(packages),
        old=old,
        new=new,
        platform=_platform(old),
        name=_product(name, packages),
    )


def _image(release: str, images: Mapping[str, Image]) -> Image:
    if release not in images:
        raise PlanError(
            f"there is no release {release!r}; {nearest(release, images)}",
            resolution="`upgradeproof doctor` lists the images; each is a file in images/",
        )
    return images[release]


def _platform(image: Image) -> Platform:
    """Return the image's container of this host's own architecture, or of its first one."""
    if CONTAINER not in image.machines:
        raise PlanError(
            f"{image.name} has no containers, and packages are observed in one",
            details=f"it has: {', '.join(image.machines)}",
        )
    own = (each for each in image.architectures if native(each))
    return Platform(
        image=image.name,
        architecture=next(own, image.architectures[0]),
        machine=CONTAINER,
    )


def _product(name: str, packages: Sequence[str]) -> str:
    if not name:
        return "-".join(packages)[:LONGEST_NAME].rstrip("-.+")
    if not _PRODUCT.fullmatch(name):
        raise PlanError(
            f"{name!r} is no name of a product",
            resolution="use lower-case letters, digits and . + ~ _ -, 40 at most",
        )
    return name
