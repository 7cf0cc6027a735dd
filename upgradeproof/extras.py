"""Packages that only some features need: each is an extra, imported when it is first needed.

A feature asks ``missing`` before it imports the package, so that every feature reports the same
error. It never looks like a result: what can't be measured is ``broken``, and what can't be drawn
is named where it would have been.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from upgradeproof.errors import ExtraError


class Extra(StrEnum):
    """The name of an extra in pyproject.toml; ``all`` is every one of them."""

    LOAD = "load"
    CHARTS = "charts"
    METRICS = "metrics"
    REDIS = "redis"

    @property
    def spec(self) -> ExtraSpec:
        """Return what the extra installs."""
        return EXTRAS[self]

    @property
    def installed(self) -> bool:
        """Return whether its package can be imported here; it is not imported."""
        try:
            return importlib.util.find_spec(self.spec.module) is not None
        except (ImportError, ValueError):  # ValueError: it is imported, and has no spec
            return False


@dataclass(frozen=True, kw_only=True)
class ExtraSpec:
    """What an extra installs, and what for."""

    package: str
    module: str
    """The name to import it by."""
    purpose: str
    """What the package does here; it follows ``which``."""


EXTRAS: Mapping[Extra, ExtraSpec] = {
    Extra.LOAD: ExtraSpec(package="locust", module="locust", purpose="sends the loads of the plan"),
    Extra.CHARTS: ExtraSpec(
        package="matplotlib", module="matplotlib", purpose="draws the charts of the page"
    ),
    Extra.METRICS: ExtraSpec(
        package="prometheus-client", module="prometheus_client", purpose="writes metrics.prom"
    ),
    Extra.REDIS: ExtraSpec(package="redis", module="redis", purpose="a locustfile imports"),
}
OF_MODULES: Mapping[str, Extra] = {spec.module: extra for extra, spec in EXTRAS.items()}
"""The extra that a module belongs to."""


def missing(*extras: Extra, details: str = "", otherwise: str = "") -> ExtraError | None:
    """Return the error of the extras that are not installed here; None: all are."""
    absent = [extra for extra in extras if not extra.installed]
    return not_installed(*absent, details=details, otherwise=otherwise) if absent else None


def require(*extras: Extra, details: str = "") -> None:
    """Raise ExtraError if one of the extras is not installed here."""
    if error := missing(*extras, details=details):
        raise error


def not_installed(*absent: Extra, details: str = "", otherwise: str = "") -> ExtraError:
    """Return the error of extras that are known to be missing: what, what for, what to do.

    ``otherwise`` is what the user can do instead of installing them.
    """
    names = " and ".join(f"{each.spec.package}, which {each.spec.purpose}," for each in absent)
    many = len(absent) > 1
    return ExtraError(
        f"the Python package{'s' if many else ''} {names} {'are' if many else 'is'} not installed",
        details=details,
        resolution=", or ".join(
            filter(None, (f"pip install 'upgradeproof[{','.join(absent)}]'", otherwise))
        ),
    )
