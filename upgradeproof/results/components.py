"""The support graph of a product: which components its releases work with."""

from __future__ import annotations

from upgradeproof.results.base import Frozen


class Component(Frozen):
    """What a release works with."""

    name: str
    supported: str = ""
    """The version that the release was proven with."""
    allowed: str = ""
    """Which versions it allows, in words; empty: it is not judged."""
    needs: tuple[str, ...] = ()
    """Names of the components that it depends on."""
    consequence: str = ""
    """What breaks outside of the range."""
    code: str = ""


class Release(Frozen):
    """A release of a product that names its components: the support graph."""

    product: str
    name: str
    components: tuple[Component, ...]
