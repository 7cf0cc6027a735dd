"""The keys of the facts in the cache: one for each section, a hash of its probe's source files.

What is valid when:

- The snapshot of a state is valid as long as the *key of the state* is the same (see ``keys``). The
  code of a probe is no part of it, except of the probes below, so that a probe that is added or
  changed leaves the machines of the cache valid.
- A section of the facts is valid as long as its *key of the section* is the same: a hash of the
  file of its probe, of the files in the same folder that this imports or names, and of the files
  that all probes share.
- A section that is missing or outdated is read on a machine that is started from the snapshot, and
  saved next to the others. That is only right where such a machine shows what the state showed when
  it was reached: for a probe that reads files alone (``on_disk``), and, where the machine goes on
  from its memory, for every probe but those of events: a resumed machine logs events of its own.
- All other probes are a part of the key of the state: a machine that booted since has other
  processes, sockets and logs. After a change of such a probe the state is built again.
- ``installed_rebooted`` and ``rebooted`` are read on a clone that is used up, in an order that
  matters. All probes are a part of their keys: after a change of one they are observed again, on
  another clone of the same snapshot.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Set
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from typing import Any

from upgradeproof.probes import Probe, every_probe, ordinary_probes
from upgradeproof.probes import base as shared_by_all
from upgradeproof.probes import reading as pass_of_all
from upgradeproof.states import StateName

AnyProbe = type[Probe[Any]]
_IMPORT = re.compile(
    r"^\s*(?:from|import) (?P<module>[\w.]+)(?: import (?P<names>\([^)]*\)|.*))?$", re.MULTILINE
)


def section_key(probe: AnyProbe) -> str:
    """Return the key of a probe's section: a hash of the source files that decide its facts."""
    return _hashed(sources(probe))


@cache
def _hashed(files: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + _content(file))
    return digest.hexdigest()[:16]


def sources(probe: AnyProbe) -> tuple[Path, ...]:
    """Return the files of a probe: its own, those next to it that it uses, and shared ones."""
    return _sources(probe.__module__, _file(probe.__module__))


@cache
def _sources(module: str, file: Path) -> tuple[Path, ...]:
    """Return the files of the probe that a module has, which was imported from a file."""
    names = [module, shared_by_all.__name__, pass_of_all.__name__]
    folders = {file.parent, *(_file(name).parent for name in names[1:])}
    found: dict[str, Path] = {}
    while names:
        name = names.pop()
        if name not in found:
            found[name] = _file(name)
            names += [
                other
                for other in _imported(name)
                if other in sys.modules and _is_in(folders, other)
            ]
    code = b"".join(map(_content, found.values()))
    stems = {path.stem for path in found.values()}
    programs = (path for folder in folders for path in _programs(folder))
    used = [path for path in programs if path.name.encode() in code or path.stem in stems]
    return tuple(sorted({*found.values(), *used}))


def probes_of(state: StateName) -> tuple[AnyProbe, ...]:
    """Return the probes whose facts a state has."""
    return every_probe() if state.spec.booted else ordinary_probes()


def read_later(probe: AnyProbe, state: StateName, *, saves_memory: bool) -> bool:
    """Return whether a section may be read later, on a machine that is started from the snapshot.

    ``saves_memory``: whether such a machine resumes the memory that was saved.
    """
    if state.spec.booted:
        return False
    return probe.on_disk or (saves_memory and not probe.events)


@cache
def _programs(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder that are no modules, such as programs that a script runs."""
    return tuple(path for path in folder.iterdir() if path.is_file() and path.suffix != ".py")


@cache
def _content(file: Path) -> bytes:
    return file.read_bytes()


def _imported(name: str) -> Iterator[str]:
    """Yield the full names of the modules that a module may import."""
    package = sys.modules[name].__package__
    for module, names in _imports(_file(name)):
        full = resolve_name(module, package) if module.startswith(".") else module
        yield full
        yield from (f"{full}.{one}" for one in names)


@cache
def _imports(file: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the modules that a file imports from, each with the names that it takes."""
    return tuple(
        (found["module"], tuple(re.findall(r"\w+", found["names"] or "")))
        for found in _IMPORT.finditer(_content(file).decode())
    )


def _is_in(folders: Set[Path], module: str) -> bool:
    """Return whether a module is a file of some folders; a package's own file only passes on."""
    if not getattr(sys.modules[module], "__file__", None):
        return False
    file = _file(module)
    return file.parent in folders and file.stem != "__init__"


def _file(module: str) -> Path:
    return Path(str(sys.modules[module].__file__))
