"""Capture a live server: read it, change nothing, and write a product whose twin is upgraded.

``reader`` runs three commands on the server. ``walk.pl`` walks its files, and ``placeholders.pl``
replaces secrets there. ``folder`` and ``planning`` make the product of what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from upgradeproof.capture.folder import folder_files, twin_of
from upgradeproof.capture.planning import plan_of, route
from upgradeproof.capture.reader import about_server, read_server
from upgradeproof.capture.report import left_out, report_of
from upgradeproof.errors import PlanError
from upgradeproof.machines import Machine
from upgradeproof.machines.backends import own_kernel
from upgradeproof.observe.folder import refuse_existing, write_folder
from upgradeproof.plan import Image
from upgradeproof.plan.names import Name

__all__ = ["capture"]


def capture(
    machine: Machine,
    folder: Path,
    images: Mapping[str, Image],
    *,
    data: Sequence[str] = (),
    upgrade_to: str = "",
    kind: str = "container",
    on_progress: Callable[[str], object] = lambda _: None,
) -> tuple[str, ...]:
    """Read a server and write its product; return what its twin does not have.

    Nothing is written before everything is read, and the folder is written atomically.
    Raises PlanError if the folder exists, ServerError if the server can't be read.
    """
    refuse_existing(folder)
    name = product_name(folder)
    about = about_server(machine)
    way = route(about, images, to=upgrade_to, machine=kind)
    on_progress(f"{about.name}: {about.os.get('PRETTY_NAME', '')}, to {way.new.name}")
    captured = read_server(machine, about, data)
    twin = twin_of(captured, boots=own_kernel(kind))
    files = folder_files(twin)
    on_progress(
        f"{len(files)} files, {len(captured.walked.secrets)} of them with placeholders for secrets"
    )
    report = report_of(twin, way.new.title or way.new.name)
    plan = {"upgrade.toml": plan_of(twin, way, name), "report.md": report}
    write_folder(folder, {**{key: text.encode() for key, text in plan.items()}, **files})
    return tuple(left_out(twin))


def product_name(folder: Path) -> str:
    """Return the product's name, which is the folder's. Raises PlanError if it is not valid."""
    name = folder.resolve().name
    try:
        return TypeAdapter[str](Name).validate_python(name)
    except ValidationError:
        raise PlanError(
            f"{name!r} can't be the name of a product",
            resolution="choose a folder named by lower-case letters, digits and . + ~ _ -",
        ) from None
