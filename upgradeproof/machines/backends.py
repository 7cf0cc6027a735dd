"""Find the backends: every module of this folder that offers ``BACKEND``."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from upgradeproof.errors import BackendError
from upgradeproof.machines import Backend


@cache
def backends() -> dict[str, Backend]:
    """Return the backends by the kind of machine that they start."""
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    modules = [importlib.import_module(f"upgradeproof.machines.{name}") for name in names]
    found: list[Backend] = [m.BACKEND for m in modules if hasattr(m, "BACKEND")]
    return {backend.kind: backend for backend in found}


def backend(kind: str) -> Backend:
    """Return the backend of a kind of machine. Raises BackendError when it can't work here."""
    if kind not in backends():
        raise BackendError(
            f"there is no backend for the machine kind {kind!r}",
            details=f"there is: {', '.join(sorted(backends()))}",
        )
    health = backends()[kind].health()
    if not health.works:
        raise BackendError(health.brief, resolution=health.resolution)
    return backends()[kind]
