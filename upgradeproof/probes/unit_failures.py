"""Which units fail, or are not active any more, each with the last lines of its journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from upgradeproof.probes.services import Service


def newly_failed(before: Mapping[str, Service], after: Mapping[str, Service]) -> list[str]:
    """Return the units that fail and did not, each with the last lines of its journal."""
    known = {name for name, unit in before.items() if unit.fails}
    return [
        f"{name}: {unit.result}{unit.last_words}"
        for name, unit in after.items()
        if unit.failed and name not in known
    ]


def no_longer_active(
    names: Iterable[str], before: Mapping[str, Service], after: Mapping[str, Service]
) -> list[str]:
    """Return those of some units that were active and are not, each with its last journal lines."""
    down = []
    for name in names:
        was, now = before.get(name), after.get(name)
        if was and was.active == "active" and not (now and now.active == "active"):
            found = f"{now.active}{now.last_words}" if now else "gone"
            down.append(f"{name} was active, and is {found}")
    return down
