"""The plan of what was observed, with the source of every line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from upgradeproof.observe import services
from upgradeproof.observe.observing import Observed
from upgradeproof.observe.steps import Install, install_steps
from upgradeproof.observe.versions import version_glob
from upgradeproof.observe.writing import Draft, Entry, Noted
from upgradeproof.plan.steps.run import Run
from upgradeproof.probes.packages import Packages


def draft(found: Observed) -> Draft:
    """Return the draft of a plan."""
    order = found.order
    old, new = order.releases
    return Draft(
        name=order.name,
        title=f"{', '.join(order.packages)}, from {order.old.title} to {order.new.title}",
        notes=tuple(_notes(found)),
        releases=(_old_release(found, old), _new_release(found, new)),
        install=tuple(_install(found)),
        upgrade=Entry(keys={"from": old, "to": new, "platforms": (order.platform.id,)}),
        steps=tuple(_steps(found)),
        services=found.services,
        expect=found.expect,
        left_out=found.left_out,
        left_out_heading="Observed, and not expected here:",
    )


def findings(found: Observed) -> tuple[str, ...]:
    """Return what an administrator has to decide, a line each.

    That is a service that does not run before the upgrade, so that no check can use it, and a
    package without a successor.
    """
    new = found.order.new.name
    lines = [
        f"{line}; no check tests it"
        for line in services.not_running(found.seen, found.order.packages)
    ]
    for name in found.counting:
        if name in found.offered:
            continue
        version = _installed(found, name)
        if name in found.removed:
            lines.append(f"{new} does not offer {name}, and the upgrade removes {name} {version}")
        else:
            lines.append(f"{new} does not offer {name}: {name} {version} stays as it is")
    return tuple(lines)


def _notes(found: Observed) -> Iterator[str]:
    order = found.order
    words = f"{' '.join(order.packages)} --from {order.old.name} --to {order.new.name}"
    yield (
        f"Written by `upgradeproof init {words}` from what was observed on a"
        f" {order.platform.id}: bare, with the packages, and after the next boot. A comment"
        " states where each part comes from. You can edit this file."
    )
    if lines := findings(found):
        yield "\nTo decide:"
        for line in lines:
            yield f"  {line}"


def _old_release(found: Observed, name: str) -> Entry:
    packages = {
        package: Noted(
            value=version_glob(_installed(found, package), found.offered.get(package, "")),
            source=f"{_installed(found, package)} is installed",
        )
        for package in found.counting
    }
    return Entry(
        keys={"name": name, "packages": packages},
        source="What identifies a release: the system, the named packages, and those whose"
        " programs run as services.",
    )


def _new_release(found: Observed, name: str) -> Entry:
    packages: dict[str, Any] = {}
    for package in found.counting:
        old, new = _installed(found, package), found.offered.get(package, "")
        if new:
            packages[package] = Noted(value=version_glob(new, old), source=f"{new} is offered")
        elif package not in found.removed:
            packages[package] = Noted(
                value=version_glob(old), source="not offered: it stays until you replace it"
            )
    return Entry(keys={"name": name, "packages": packages})


def _install(found: Observed) -> Iterator[Entry]:
    *before, last = install_steps(found.order.packages, found.preparations)
    for step in before:
        run = isinstance(step, Run)
        source = "An installed server has that, and a bare machine does not." if run else ""
        yield _step(step, source or "for the next step")
    yield _step(last)


def _step(step: Install, source: str = "") -> Entry:
    keys = step.model_dump(exclude_defaults=True)
    return Entry(keys={"step": step.step, **keys}, source=source)


def _steps(found: Observed) -> Iterator[Entry]:
    order = found.order
    yield Entry(
        keys={"step": "apt-sources", "old": order.old.codename, "new": order.new.codename},
        source="The upgrade, as the release notes describe it.",
    )
    yield Entry(keys={"step": "apt-full-upgrade"})
    if names := [name for name in services.units(found.seen) if name.endswith(".service")]:
        yield Entry(
            keys={
                "step": "run",
                "title": "restart the services, as the reboot at the end of an upgrade does",
                "script": f"systemctl try-restart {shlex.join(names)} || true",
            },
            source="Services that the upgrade does not restart use the old libraries until a boot,"
            " which a container does not have. The checks report a service that does not start.",
        )


def _installed(found: Observed, package: str) -> str:
    return found.seen.booted[Packages][package].version
