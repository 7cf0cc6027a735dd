"""Find the backends: every module that offers ``BACKEND``."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.errors import BackendError, UpgradeproofError
from upgradeproof.extensions import File, Kind, discover, once_per_project
from upgradeproof.machines import Backend

BACKENDS = Kind(name="backends", noun="backend", engine="upgradeproof.machines")


@once_per_project
def backends() -> dict[str, Backend]:
    """Return the backends by the kind of machine that they start. Raises ExtensionError."""
    return discover(BACKENDS, _backend_in)


def _backend_in(file: File) -> Iterator[tuple[str, Backend]]:
    found: Backend | None = getattr(file.module, "BACKEND", None)
    if found is not None:
        yield file.text_of(found, "kind"), found


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


def remove_left_machines() -> list[UpgradeproofError]:
    """Remove the machines of processes that are gone, and return the errors of backends that can't.

    They have no effect on a verdict: machines that are left waste space and memory only.
    """
    errors: list[UpgradeproofError] = []
    for each in backends().values():
        try:
            if each.health().works:
                each.prune(states=False)
        except UpgradeproofError as error:
            errors.append(error)
    return errors


def own_kernel(kind: str) -> bool:
    """Return whether machines of a kind have a kernel of their own; False for an unknown kind."""
    return kind in backends() and backends()[kind].own_kernel
