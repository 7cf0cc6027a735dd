"""Extensions: find the files that extend the engine, of every kind, by one function.

``discover`` reads three places: the engine's own folder, the entry points of installed packages,
and the project's own folder. A file is found because it is there; there is no list to edit.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Literal, ParamSpec, TypeVar, assert_never

from upgradeproof.errors import ExtensionError, HarnessError, UpgradeproofError

GROUP = "upgradeproof"
"""What the name of a group of entry points begins with: ``upgradeproof.probes``."""
PROJECT = "upgradeproof_project"
"""The package as which a project's own modules are imported: ``upgradeproof_project.probes``."""
_NO_EXTENSIONS = ("_*", "test_*", "conftest.py")
"""Files of a project's folder that no kind of extension is read from: helpers and tests."""

P = ParamSpec("P")
T = TypeVar("T")


class Place(StrEnum):
    """Where extensions are found, in the order in which the places are read."""

    ENGINE = "engine"
    PACKAGE = "package"
    PROJECT = "project"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of extension."""

    name: str
    """The project's folder, and the end of the entry points' group: ``probes``."""
    noun: str
    """What an error calls one: ``probe``."""
    engine: str
    """The package of the engine in which the files are: ``upgradeproof.probes``."""
    suffix: Literal[".py", ".toml"] = ".py"
    replaces: bool = False
    """Whether a later place may replace what an earlier one has under the same name."""
    optional: bool = False
    """Whether a file may have none, because another kind is read from the same files."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file that was found. It is imported when ``module`` is read for the first time."""

    kind: Kind
    place: Place
    path: Path
    name: str = ""
    """The module's full name; empty for a data file."""
    package: str = ""
    """The installed package whose entry point names it; empty for the other places."""

    @functools.cached_property
    def real_path(self) -> Path:
        """Return the path without links."""
        return self.path.resolve()

    def __str__(self) -> str:
        return f"{self.path} (of the package {self.package})" if self.package else str(self.path)

    @property
    def module(self) -> ModuleType:
        """Return the imported module. Raises ExtensionError when it can't be imported."""
        if self.place is Place.ENGINE:
            return importlib.import_module(self.name)
        try:
            module = importlib.import_module(self.name)
        except UpgradeproofError:
            raise
        except (Exception, SystemExit) as error:
            raise ExtensionError(
                f"the {self.kind.noun} {self} can't be imported",
                details=_cause(error, self.path),
                resolution="correct the file, or remove it",
            ) from error
        if (imported := Path(module.__file__ or "")).resolve() != self.real_path:
            raise ExtensionError(
                f"two modules of the project have the name {self.name}",
                details=f"{imported}\n{self}",
                resolution="rename one of the files",
            )
        return module

    def text_of(self, offered: object, attribute: str) -> str:
        """Return the text of an object that names it. Raises ExtensionError without one."""
        text = getattr(offered, attribute, None)
        if not isinstance(text, str) or not text:
            raise self.wrong(f"its {type(offered).__name__} has no text `{attribute}`")
        return text

    def wrong(self, what: str) -> ExtensionError:
        """Return the error of a file that does not offer what its kind needs."""
        return ExtensionError(
            f"{self} is not a valid {self.kind.noun}",
            details=what,
            resolution="correct the file; if it is a helper, begin its name with _",
        )


_open: tuple[Path, ...] = ()
"""The folders of the open project."""
_caches: list[Callable[[], None]] = []


def once_per_project(function: Callable[P, T]) -> Callable[P, T]:
    """Cache what a function returns until another project is opened; as functools.cache."""
    cached = functools.cache(function)
    _caches.append(cached.cache_clear)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return cached(*args, **kwargs)  # type: ignore[arg-type]  # the caller's are hashable

    return call


def open_project(*folders: Path) -> None:
    """Make the folders of a project known, from which its own extensions are found.

    Nothing is imported yet. All that was found for another project is forgotten; the same folders
    again change nothing.
    """
    global _open  # noqa: PLW0603  # a process works on one project: probes are known by class
    wanted = tuple(dict.fromkeys(folder.resolve() for folder in folders))
    if wanted == _open:
        return
    _open = wanted
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{PROJECT}.")]:
        del sys.modules[name]
    if wanted:
        package = ModuleType(PROJECT, "The extensions of the project.")
        package.__path__ = [str(folder) for folder in wanted]
        sys.modules[PROJECT] = package
    importlib.invalidate_caches()
    for clear in _caches:
        clear()


def folders_of(product: Path) -> tuple[Path, ...]:
    """Return the folders in which the extensions of a product may be, the nearest first.

    That is the product's own, and the one that holds the folder ``products`` that it is in.
    """
    project = (product.parent.parent,) if product.parent.name == "products" else ()
    return (product, *project)


def discover(
    kind: Kind,
    offers: Callable[[File], Iterable[tuple[str, T]]],
    folders: Sequence[Path] | None = None,
) -> dict[str, T]:
    """Return what the files of a kind offer, by name: the engine's first, the project's last.

    ``offers`` returns what one file has; ``folders`` are the project's, by default those of the
    open project. Raises ExtensionError for a file that can't be read, and for two that offer the
    same name.
    """
    found: dict[str, tuple[File, T]] = {}
    for file in files(kind, folders):
        offered = list(offers(file))
        if not offered and file.place is not Place.ENGINE and not kind.optional:
            raise file.wrong(f"it has no {kind.noun}")
        for name, item in offered:
            other = found.get(name)
            if other and not (kind.replaces and other[0].place is not file.place):
                raise ExtensionError(
                    f"two files offer the {kind.noun} {name!r}",
                    details=f"{other[0]}\n{file}",
                    resolution="rename one of them",
                )
            found[name] = (file, item)
    return {name: item for name, (_, item) in found.items()}


def files(kind: Kind, folders: Sequence[Path] | None = None) -> Iterator[File]:
    """Yield the files of a kind, place by place, each once. Raises ExtensionError."""
    seen: set[Path] = set()
    for place in Place:
        for file in _files_in(place, kind, _open if folders is None else folders):
            if file.real_path not in seen:
                seen.add(file.real_path)
                yield file


def _files_in(place: Place, kind: Kind, folders: Sequence[Path]) -> Iterator[File]:
    match place:
        case Place.ENGINE:
            yield from _of_the_engine(kind)
        case Place.PACKAGE:
            for point in sorted(_entry_points(kind), key=lambda point: (point.name, point.value)):
                yield from _of_a_package(kind, point)
        case Place.PROJECT:
            for folder in folders:
                yield from _of_a_project(kind, folder / kind.name)
        case _:
            assert_never(place)


@functools.cache
def _of_the_engine(kind: Kind) -> tuple[File, ...]:
    found = importlib.util.find_spec(kind.engine)
    places = list(found.submodule_search_locations or ()) if found else []
    if kind.suffix == ".toml":
        paths = sorted(path for place in places for path in Path(place).glob("*.toml"))
        return tuple(File(kind=kind, place=Place.ENGINE, path=path) for path in paths)
    return tuple(
        File(
            kind=kind,
            place=Place.ENGINE,
            path=Path(places[0]) / (module.name if module.ispkg else f"{module.name}.py"),
            name=f"{kind.engine}.{module.name}",
        )
        for module in pkgutil.iter_modules(places)
    )


def _entry_points(kind: Kind) -> tuple[metadata.EntryPoint, ...]:
    return _groups_of_entry_points(tuple(sys.path)).get(f"{GROUP}.{kind.name}", ())


@functools.cache
def _groups_of_entry_points(_path: tuple[str, ...]) -> dict[str, tuple[metadata.EntryPoint, ...]]:
    """Return all of them by group, for all kinds at once: each package on a path has a file."""
    found = metadata.entry_points()
    return {group: tuple(found.select(group=group)) for group in found.groups}


def _of_a_package(kind: Kind, point: metadata.EntryPoint) -> Iterator[File]:
    """Yield the module that an entry point names, or the data files in the folder of a package."""
    package = f"{point.dist.name} {point.dist.version}" if point.dist else point.name
    try:
        spec = importlib.util.find_spec(point.value)
        problem = "" if spec else "there is no such module"
    except (Exception, SystemExit) as error:  # noqa: BLE001  # the packages above it are imported
        spec, problem = None, f"{type(error).__name__}: {error}"
    if spec is None:
        raise ExtensionError(
            f"the entry point {point.name} = {point.value} of the package {package} can't be read",
            details=f"{point.group}: {problem}",
            resolution="name a module; correct the package, or remove it",
        )
    if kind.suffix == ".py":
        path = Path(spec.origin or point.value)
        yield File(kind=kind, place=Place.PACKAGE, path=path, name=point.value, package=package)
        return
    for place in spec.submodule_search_locations or ():
        for path in sorted(Path(place).glob("*.toml")):
            yield File(kind=kind, place=Place.PACKAGE, path=path, package=package)


def _of_a_project(kind: Kind, folder: Path) -> Iterator[File]:
    for path in sorted(folder.glob(f"*{kind.suffix}")):
        if kind.suffix == ".toml":
            yield File(kind=kind, place=Place.PROJECT, path=path)
        elif not any(path.match(pattern) for pattern in _NO_EXTENSIONS):
            name = f"{PROJECT}.{kind.name}.{path.stem}"
            yield File(kind=kind, place=Place.PROJECT, path=path, name=name)


@contextmanager
def contained(what: str, module: str) -> Iterator[None]:
    """Turn an unexpected error of an extension's code into one that names its file and line."""
    try:
        yield
    except (UpgradeproofError, OSError):  # OSError: a file that can't be read or written
        raise
    except Exception as error:
        path = Path(getattr(sys.modules.get(module), "__file__", None) or module)
        raise HarnessError(
            f"{what} failed", details=_cause(error, path), resolution=f"correct {path}"
        ) from error


def _cause(error: BaseException, path: Path) -> str:
    """Return an error's kind and message, and where in a file it was raised."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == path]
    where = f"{path}:{frames[-1].lineno}: " if frames else ""
    return f"{where}{type(error).__name__}: {error}"
