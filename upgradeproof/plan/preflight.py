"""What the preflight requires of a machine before its upgrade, and which findings are accepted."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Self

from pydantic import Field, model_validator

from upgradeproof.globs import fits
from upgradeproof.plan.loading import Model, misplaced, repeated
from upgradeproof.plan.names import AbsolutePath, UnitName
from upgradeproof.severity import Severity


class Amount(Model):
    """How much of something a machine must have; 0: nothing is required.

    What the harness gives a machine, such as processor cores, is no inhibitor unless the plan
    sets it: a small host must not stop every cell.
    """

    min: float = Field(default=0, ge=0)
    recommended: float = Field(default=0, ge=0)
    severity: Severity = Severity.HIGH
    """Of less than ``min``; less than ``recommended`` is ``info``."""

    @property
    def asked(self) -> bool:
        """Return whether the plan requires any."""
        return bool(self.min or self.recommended)

    @model_validator(mode="after")
    def _recommended_is_more(self) -> Self:
        if self.recommended and self.recommended < self.min:
            raise ValueError("`recommended` is less than the required minimum")
        return self


class Iops(Amount):
    """4 KiB writes in a second that the storage of a folder must support."""

    path: AbsolutePath = "/var/lib"


class Space(Model):
    """Free space that a folder must have before the upgrade."""

    path: AbsolutePath
    min_mb: float = Field(ge=0)
    """In millions of bytes; a quota of the folder's tree counts."""
    recommended_mb: float = Field(default=0, ge=0)
    severity: Severity = Severity.INHIBITOR


BOOT = "/boot"
ALWAYS = (Space(path="/", min_mb=200), Space(path=BOOT, min_mb=100))
"""A kernel with its initramfs takes 50 to 100 MB in /boot; with less than 200 MB on the root file
system APT can't even unpack a few packages."""


class Schedulers(Model):
    """Which I/O schedulers are right for disks that rotate and for those that do not; none: any."""

    rotational: tuple[str, ...] = ()
    non_rotational: tuple[str, ...] = ()
    severity: Severity = Severity.HIGH


class Protection(Model):
    """What must protect the machine while it is upgraded."""

    services: tuple[UnitName, ...] = ()
    """systemd units, with or without ``.service``, of a web application firewall or its like."""
    packet_filter: bool = False
    """Whether nftables must have rules."""
    severity: Severity = Severity.HIGH


class Accepted(Model):
    """Findings that are accepted, and why."""

    findings: tuple[str, ...] = Field(min_length=1)
    """Globs over the ids of findings, such as ``cores`` or ``held/*``."""
    reason: str = Field(min_length=8)


class Preflight(Model):
    """What is required in addition to what is always examined."""

    cores: Amount = Amount()
    memory_gb: Amount = Amount()
    """In thousands of millions of bytes: a machine of 16 GiB, of which its kernel keeps some for
    itself, has 16."""
    uplink_gbps: Amount = Amount()
    storage_iops: Iops = Iops()
    schedulers: Schedulers = Schedulers()
    space: tuple[Space, ...] = ()
    protection: Protection = Protection()
    codes: Mapping[str, str] = Field(default_factory=dict)
    """The product's own error codes, by globs over the ids of findings."""
    accept: tuple[Accepted, ...] = ()

    @model_validator(mode="after")
    def _folders_are_unique(self) -> Self:
        paths = [space.path for space in self.space]
        if (again := repeated(paths)) is not None:
            raise misplaced(f"{paths[again]} is required twice", "space", again, "path")
        return self

    @property
    def required_space(self) -> tuple[Space, ...]:
        """Return the required space, with the minimum that every upgrade needs."""
        named = {space.path for space in self.space}
        return (*self.space, *(space for space in ALWAYS if space.path not in named))

    @property
    def folders(self) -> tuple[str, ...]:
        """Return the folders whose free space has to be read."""
        measured = [self.storage_iops.path] if self.storage_iops.asked else []
        return tuple(dict.fromkeys([*(space.path for space in self.required_space), *measured]))

    def code_for(self, finding: str) -> str:
        """Return the product's error code of a finding, by its id; empty: it has none."""
        found = (code for glob, code in self.codes.items() if fnmatchcase(finding, glob))
        return next(found, "")

    def reason_for(self, finding: str) -> str:
        """Return why a finding is accepted, by its id; empty: it is not."""
        return next(
            (accepted.reason for accepted in self.accept if fits(finding, accepted.findings)),
            "",
        )
