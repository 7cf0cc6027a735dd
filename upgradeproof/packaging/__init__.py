"""Own packages: built from a product's sources, published in a signed APT repository."""

from upgradeproof.packaging.packager import Packager

__all__ = ["Packager"]
