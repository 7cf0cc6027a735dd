"""Waivers: failed checks that an owner accepts until a date, from ``reports/waivers.toml``."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Self

from debian.debian_support import Version
from pydantic import BeforeValidator, Field, model_validator

from upgradeproof.decision.files import load_file
from upgradeproof.decision.policy import Policy
from upgradeproof.errors import PlanError
from upgradeproof.globs import fits
from upgradeproof.plan.loading import Model, misplaced, nearest, repeated
from upgradeproof.plan.positions import find_line

MAX_DAYS = 90
"""How long a waiver may hold, from the day on which it was granted."""
WARNING_DAYS = 14
"""How long before its end a waiver is reported as due."""
MIN_REASON = 8
"""Characters of a reason; what is shorter explains nothing."""
MIN_FINDING = 4
"""Characters of a finding; what is shorter is in the reason of any failure."""
_EVERYTHING = re.compile(r"[*?:\[\]]*")


def _day(value: Any) -> Any:
    """Return a date as TOML or as text. Raises ValueError, in the words of a calendar."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(
                f"{value!r} is no date: write year, month and day, such as 2026-05-31"
            ) from None
    if type(value) is not date:
        raise ValueError(f"{value} is no date: write year, month and day, such as 2026-05-31")
    return value


Day = Annotated[date, BeforeValidator(_day)]


def fits_or_is(name: str, globs: Collection[str]) -> bool:
    """Return whether an id fits one of the globs, or is one as it is: ids contain brackets."""
    return name in globs or fits(name, globs)


class Waiver(Model):
    """One accepted finding."""

    id: str = Field(min_length=1)
    cells: tuple[str, ...] = Field(min_length=1)
    checks: tuple[str, ...] = Field(min_length=1)
    finding: str
    """Text that the reason of the failed check must contain."""
    owner: str = Field(min_length=1)
    reason: str
    ticket: str = Field(min_length=1)
    granted: Day
    expires: Day
    """The last day; the waiver ends with this day, UTC."""
    until_release: str = ""
    """The release of the product from which on the waiver does not hold."""

    @model_validator(mode="after")
    def _is_limited(self) -> Self:
        for at, glob in enumerate(self.checks):
            if _EVERYTHING.fullmatch(glob):
                raise misplaced(f"{glob!r} covers a whole cell; name the check", "checks", at)
        if len(self.finding.strip()) < MIN_FINDING:
            raise misplaced(f"write {MIN_FINDING} characters at least of the reason", "finding")
        if len(self.reason.strip()) < MIN_REASON:
            raise misplaced(f"write a reason of {MIN_REASON} characters at least", "reason")
        if self.until_release and not Version.re_valid_version.match(self.until_release):
            raise misplaced(f"{self.until_release!r} is no version", "until_release")
        if self.expires < self.granted:
            raise misplaced("the waiver ends before it was granted", "expires")
        last = self.granted + timedelta(days=MAX_DAYS)
        if self.expires > last:
            raise misplaced(
                f"a waiver holds for {MAX_DAYS} days at most: until {last} here", "expires"
            )
        return self

    @property
    def ends(self) -> datetime:
        """Return the first moment at which the waiver does not hold any more."""
        return datetime.combine(self.expires + timedelta(days=1), time(), UTC)

    def days_left(self, at: datetime) -> int:
        """Return how many days are left after the day of ``at``; below 0: it expired."""
        return (self.expires - at.astimezone(UTC).date()).days

    def expired(self, at: datetime) -> bool:
        """Return whether the waiver does not hold any more."""
        return at >= self.ends

    def fits_cell(self, cell: str) -> bool:
        """Return whether a cell's id fits."""
        return fits_or_is(cell, self.cells)

    def fits_check(self, check: str) -> bool:
        """Return whether a check's id fits."""
        return fits_or_is(check, self.checks)


class Waivers(Model):
    """The whole file."""

    waiver: tuple[Waiver, ...] = ()

    @model_validator(mode="after")
    def _has_each_id_once(self) -> Self:
        if (at := repeated([each.id for each in self.waiver])) is not None:
            raise misplaced(f"{self.waiver[at].id!r} is listed twice", "waiver", at, "id")
        return self

    @classmethod
    def called(cls) -> str:
        """Return what an error calls the file."""
        return "file of waivers"


def load_waivers(path: Path, policy: Policy | None = None) -> Waivers:
    """Return the waivers in a file.

    Raises PlanError, once, with every problem and its line; with a policy also for an owner that
    the policy does not list.
    """
    waivers = load_file(path, Waivers, "`upgradeproof waiver new` writes a first waiver")
    if policy is None:
        return waivers
    text = path.read_text(encoding="utf-8")
    problems = [
        f"{path}:{find_line(text, ('waiver', at, 'owner'))}: waiver.{at}.owner: "
        f"unknown owner {each.owner!r}; {nearest(each.owner, policy.owners)}"
        for at, each in enumerate(waivers.waiver)
        if each.owner not in policy.owners
    ]
    if problems:
        raise PlanError(
            f"{path} is not a valid file of waivers",
            details="\n".join(problems),
            resolution="name an owner of the policy, or add this one to its `owners`",
        )
    return waivers
