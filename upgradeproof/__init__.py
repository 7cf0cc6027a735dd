"""Proof that an upgrade works, before it ships: a pytest plugin that knows no product."""

__version__ = "0.1.0"
