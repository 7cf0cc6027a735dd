"""One extension of each kind, and how to ask the engine for those that it has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.unit.plugin.project import IMAGE
from upgradeproof.daemons import daemons
from upgradeproof.distributions import distributions
from upgradeproof.imaging import every_source, every_store
from upgradeproof.known import read_known
from upgradeproof.machines.backends import backends
from upgradeproof.plan import load_images
from upgradeproof.plan.steps import step_kinds
from upgradeproof.preflight.base import every_check
from upgradeproof.probes import every_probe
from upgradeproof.render import every_format

PROBE = """
from upgradeproof.probes import Probe, Record


class Room(Record):
    open: bool


class Rooms(Probe[Room]):
    section = "rooms"
    record = Room
    on_disk = True

    @classmethod
    def script(cls, inputs, /):
        return "cat rooms"

    @classmethod
    def parse(cls, output, inputs, /):
        return {name: Room(open=True) for name in output.split()}
"""
STEP = """
from typing import Literal

from upgradeproof.plan.steps import Script, Step


class Paint(Step):
    step: Literal["paint"] = "paint"
    colour: str

    def actions(self, folder):
        script = f"mkdir -p answers && echo {self.colour} >>answers/rooms"
        return (Script(title=f"paint {self.colour}", script=script, timeout_s=self.timeout_s),)
"""
CHECK = """
from upgradeproof.results import Finding


def findings(situation):
    for name in situation.facts.sections.get("rooms", ()):
        yield Finding(id=f"rooms/{name}", severity="info", title=f"{name} is open", meaning="Cold.",
                      remedy="close it")
"""
FORMAT = """
FORMAT = "list"
FILE_NAME = "list.txt"
BY_DEFAULT = True


def write(run, folder, *, options):
    path = folder / FILE_NAME
    path.write_text("".join(f"{cell.id} {cell.verdict}\\n" for cell in run.cells))
    return path
"""
BACKEND = """
import hashlib
from pathlib import Path

from tests.unit.runner.fakes import FolderBackend

HERE = Path(__file__).parents[1] / "machines"


class OwnBackend(FolderBackend):
    kind = "shed"


class OwnStore:
    machine = "shed"

    def obstacle(self, request):
        return None

    def find(self, request):
        path = HERE / "images" / request.key
        return f"base-image-{path.read_text()}" if path.exists() else None

    def content(self, request):
        return hashlib.sha256((HERE / "images" / request.key).read_bytes()).hexdigest()

    def hooks(self, request, scratch):
        return ()

    def load(self, request, root, scratch):
        (HERE / "images").mkdir(exist_ok=True)
        (HERE / "images" / request.key).write_text(root.read_text())

    def commit(self, request, container):
        raise NotImplementedError


BACKEND = OwnBackend(HERE)
STORE = OwnStore()
"""
SOURCE = """
class Bricks:
    name = "bricks"
    order = 1

    def obstacle(self, request):
        return None

    def build(self, request, store, scratch):
        (scratch / "root.tar").write_text("of-bricks")
        store.load(request, scratch / "root.tar", scratch)


SOURCE = Bricks()
"""
DAEMON = """
title = "Room daemon"
units = ["roomd.service"]
needs = "roomd"
packages = ["roomd"]
check = "roomd -t"
"""
KNOWN = """
[applies]
package = "roomd"
from = "1"
to = "2"

[[change]]
id = "painted"
facts = ["users/painter"]
reason = "version 2 has a user of its own"
source = "postinst of roomd 2.0"
"""
DISTRIBUTION = """
title = "Rooms"
rule = "a release is upgraded to the next one only"
source = "its manual"
[[release]]
version = "1"
codename = "attic"
[[release]]
version = "2"
codename = "cellar"
"""


@dataclass(frozen=True)
class Example:
    """An extension: its file in a project, and the names that the engine has of its kind."""

    folder: str
    file: str
    text: str
    name: str
    names: Callable[[Path], Iterable[str]]

    @property
    def module(self) -> bool:
        return self.file.endswith(".py")


EXAMPLES = [
    Example("probes", "rooms.py", PROBE, "rooms", lambda _: [p.section for p in every_probe()]),
    Example("steps", "paint.py", STEP, "paint", lambda _: step_kinds()),
    Example("preflight", "rooms.py", CHECK, "rooms", lambda _: every_check()),
    Example("formats", "list.py", FORMAT, "list", lambda _: every_format()),
    Example("backends", "shed.py", BACKEND, "shed", lambda _: backends()),
    Example("backends", "shed.py", BACKEND, "shed", lambda _: every_store()),
    Example("image_sources", "b.py", SOURCE, "bricks", lambda _: [s.name for s in every_source()]),
    Example("images", "example-1.toml", IMAGE, "example-1", load_images),
    Example("daemons", "roomd.toml", DAEMON, "roomd", daemons),
    Example("known", "roomd-1-to-2.toml", KNOWN, "roomd-1-to-2", lambda root: read_known((root,))),
    Example("distributions", "rooms.toml", DISTRIBUTION, "rooms", lambda _: distributions()),
]
