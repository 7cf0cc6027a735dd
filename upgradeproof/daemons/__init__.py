"""Daemons as data: how each one checks its configuration, and how it prints the effective one.

One TOML file describes one daemon; a file is found because it is there. The folder ``daemons/`` of
a product or its project adds files, and replaces those of the engine that have the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from upgradeproof.errors import PlanError
from upgradeproof.extensions import File, Kind, discover, folders_of, once_per_project
from upgradeproof.plan import Data
from upgradeproof.plan.loading import Model, load

DAEMONS = Kind(name="daemons", noun="daemon", engine=__name__, suffix=".toml", replaces=True)
TIMEOUT_S = 30
"""A loaded or emulated machine runs all programs at once: 10 s were measured for 20 ms of work."""

UnitGlob = Annotated[str, Field(pattern=r"^[A-Za-z0-9@*?._:-]+\.(service|socket)$")]
ProgramName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/+-]+$")]
DumpFormat = Literal["space", "equals", "colon", "tabs", "braces"]
"""``key value``, ``key = value``, ``key: value``, ``key TAB value [TAB source]``, or nested blocks
``name { key value; }``."""


class Dump(Model):
    """How a daemon prints its effective configuration."""

    command: str
    """A POSIX shell script. It may read ``$UNIT``, and must change nothing."""
    format: DumpFormat = "equals"
    files: tuple[str, ...] = ()
    """Globs of the files that the daemon reads. A setting in one that an administrator edited or
    wrote counts as set by the administrator."""
    sources: tuple[str, ...] = ()
    """Globs over the third column of ``tabs``: values that an administrator set."""
    volatile: tuple[str, ...] = ()
    """Globs of settings that change without a cause; they are left out."""
    secret: tuple[str, ...] = ()
    """Globs of settings whose values are replaced by a mark, in addition to names like
    ``password``."""
    important: tuple[str, ...] = ()
    """Globs of settings whose changed defaults fail where the plan names the daemon's unit."""


class Greeting(Model):
    """What a client asks a daemon first, and what a daemon of its kind answers."""

    kind: Literal["http", "tcp", "udp", "dns"] = "tcp"
    path: str = "/"
    send: str = ""
    contains: str = ""


class Preparation(Model):
    """What an installed server has before the daemon comes, and a bare machine has not."""

    title: str = Field(min_length=2)
    packages: tuple[str, ...] = ()
    script: str = Field(min_length=1)
    """A POSIX shell script, run as root."""


class Daemon(Model):
    """One daemon."""

    title: str = Field(min_length=2)
    units: tuple[UnitGlob, ...] = Field(min_length=1)
    """Globs of its units; nothing runs unless one is active, failed, enabled, or named by the plan
    and there."""
    needs: ProgramName
    """A program that must be in PATH."""
    packages: tuple[str, ...] = Field(min_length=1)
    """Globs of the packages whose new version may change its defaults."""
    per_unit: bool = False
    """Whether each unit has its own configuration, as instances of a template do."""
    check: str = ""
    """A POSIX shell script that ends with 0 where the daemon accepts its configuration. It may read
    ``$UNIT``, and must change nothing."""
    inconclusive: tuple[str, ...] = ()
    """Texts in the output of ``check`` or ``dump`` that show that it could not judge at all."""
    timeout_s: int = Field(default=TIMEOUT_S, ge=1, le=60)
    dump: Dump | None = None
    prepare: Preparation | None = None
    data: tuple[Data, ...] = ()
    """What a plan from observation writes and reads through the daemon's client."""
    greeting: tuple[Greeting, ...] = ()
    """Requests that a plan from observation sends to its ports, in addition to the common ones."""

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        if not (self.check or self.dump or self.data or self.greeting):
            raise ValueError("a daemon needs a `check`, a `dump`, `data` or a `greeting`")
        return self


@once_per_project
def daemons(product: Path | None = None) -> Mapping[str, Daemon]:
    """Return the daemons by id, which is the file's name; ``product`` is the folder of a plan.

    Raises PlanError for a file that is wrong.
    """
    found = discover(DAEMONS, _daemon_in, folders_of(product) if product is not None else ())
    return {name: found[name] for name in sorted(found)}


def _daemon_in(file: File) -> Iterator[tuple[str, Daemon]]:
    name = file.path.stem
    if not name.replace("-", "").replace("_", "").isalnum():
        raise PlanError(f"{file}: the name of a daemon has letters, digits and - only")
    yield name, load(file.path, Daemon)
