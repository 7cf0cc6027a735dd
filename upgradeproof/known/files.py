"""The files of known changes: read from the engine's own folder and from those of a project."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from upgradeproof.change_kinds import ChangeKind
from upgradeproof.errors import PlanError
from upgradeproof.extensions import Kind, discover, once_per_project
from upgradeproof.globs import fits
from upgradeproof.plan.changes import FactsGlobs, KnownSelection, whole_section
from upgradeproof.plan.loading import Model, load, misplaced, nearest, repeated
from upgradeproof.plan.positions import find_line

KNOWN = Kind(
    name="known", noun="file of known changes", engine="upgradeproof.known", suffix=".toml"
)
_LETTERS = 3
"""How many letters and digits the glob of a key needs at least, if it has a wildcard."""
_WILD = re.compile(r"[*?\[]")


def _narrow(globs: tuple[str, ...]) -> tuple[str, ...]:
    """Return the globs. Raises ValueError for one that excuses too much."""
    for glob in globs:
        if not re.match("[a-z_]+/", glob):
            raise ValueError(f"{glob!r} is no glob over the diff: write it as section/key")
        if whole_section(glob) or not _names_something(glob.partition("/")[2]):
            raise ValueError(f"{glob!r} matches too much: name what changes")
    return globs


def _plain_list(glob: str) -> str:
    """Return a glob over a value. Raises ValueError for a list that would be a set of characters.

    The facts print a list as ``["one"]``.
    """
    if re.search(r'\[[^\[\]]*"', glob.replace("[[]", "")):
        raise ValueError(f"{glob!r} begins a set of characters: [[] matches a plain bracket")
    return glob


def _names_something(key: str) -> bool:
    """Return whether a glob over keys has no wildcard, or enough besides: ``/etc/*`` has not."""
    if not _WILD.search(key):
        return True
    named = [part for part in key.split("/") if any(map(str.isalnum, part))]
    letters = sum(map(str.isalnum, "".join(named)))
    return letters >= _LETTERS and (not key.startswith("/") or len(named) > 1)


class KnownStep(Model):
    """What must have changed, from one version to another, for a file to count: one of three."""

    system: str = ""
    """The operating system's id, as in os-release(5): ``debian``."""
    kernel: str = ""
    """The kernel's name: ``linux``. The running one counts, so a container has no such step."""
    package: str = ""
    """The package of a daemon: ``redis-server``; its upstream version counts."""
    from_: str = Field(alias="from", pattern=r"^\d+(\.\d+)*$")
    to: str = Field(pattern=r"^\d+(\.\d+)*$")

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if sum(map(bool, (self.system, self.kernel, self.package))) != 1:
            raise ValueError("exactly one of `system`, `kernel` and `package` is needed")
        return self

    def __str__(self) -> str:
        """Return the step as a report prints it: ``Debian 12 -> 13``."""
        name = self.package or (self.system or self.kernel).capitalize()
        return f"{name} {self.from_} -> {self.to}"


@dataclass(frozen=True, kw_only=True)
class DiffLine:
    """One line of the diff of two states' facts, as far as known changes look at it."""

    path: str
    kind: ChangeKind
    before: str | None = None
    after: str | None = None
    detail: str = ""
    """The unified diff of a text file; "(12 more lines)" at its end where it was cut."""


class KnownEntry(Model):
    """One change that every upgrade of this kind brings."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    facts: Annotated[FactsGlobs, AfterValidator(_narrow)]
    """Globs over the paths of the diff; each names a key, never a whole section."""
    kind: ChangeKind | None = None
    """What kind of change it is; None: any."""
    reason: str = Field(min_length=8)
    source: str = Field(min_length=4)
    """Where this is documented: release notes, a changelog, or "observed" with the package."""
    before: Annotated[str, AfterValidator(_plain_list)] = ""
    """A glob over the value before; empty: any."""
    after: Annotated[str, AfterValidator(_plain_list)] = ""
    """A glob over the value after; empty: any."""
    lines: tuple[Annotated[str, Field(pattern=r"^(\[-\+\]|[+-])")], ...] = ()
    """Globs over the lines of a text file that came (``+...``) or went (``-...``), all of which
    must fit one; empty: any. A file whose text is not stored has no such lines, and does not fit.
    """
    own_kernel: bool = False
    """Whether only a machine with a kernel of its own has it: then a container never does."""

    def covers(self, line: DiffLine) -> bool:
        """Return whether a line of a diff is this change."""
        return (
            self.kind in {None, line.kind}
            and fits(line.path, self.facts)
            and fnmatchcase(line.before or "", self.before or "*")
            and fnmatchcase(line.after or "", self.after or "*")
            and (not self.lines or self._has_these(line.detail))
        )

    def _has_these(self, detail: str) -> bool:
        """Return whether a unified diff has changed lines, and none but those that are known."""
        changed = [text for text in detail.split("\n") if text[:1] in {"+", "-", "("}]
        return bool(changed) and all(fits(text, self.lines) for text in changed)


class KnownFile(Model):
    """The known changes of one step."""

    applies: KnownStep
    confirmed: bool = True
    """Whether a run has shown them; False: they are from documentation only."""
    change: tuple[KnownEntry, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [entry.id for entry in self.change]
        if (again := repeated(ids)) is not None:
            what = f"{ids[again]!r} is the id of another known change"
            raise misplaced(what, "change", again, "id")
        return self

    @classmethod
    def called(cls) -> str:
        """Return what an error calls such a file."""
        return "file of known changes"

    @property
    def title(self) -> str:
        """Return what the changes belong to, as a report prints it."""
        return str(self.applies) + ("" if self.confirmed else ", not confirmed by a run")


KnownFiles = Mapping[str, Sequence[KnownFile]]
"""By the names of the files; two files may have the same one."""


@once_per_project
def read_known(folders: tuple[Path, ...] = (), sections: tuple[str, ...] = ()) -> KnownFiles:
    """Return the files of the engine, of installed packages and of a project, by their names.

    Two files may have the same name, as the changes that a project adds to a step; the ids in them
    differ. ``folders``: the project's, which hold the folder ``known``. ``sections``: the sections
    of the facts that there are; empty: any. Raises PlanError for a file that is wrong, with its
    lines.
    """
    wanted = frozenset(sections)
    found: dict[str, list[KnownFile]] = {}
    first: dict[str, Path] = {}
    files = discover(KNOWN, lambda file: [(str(file.path), load(file.path, KnownFile))], folders)
    for path, file in ((Path(name), file) for name, file in files.items()):
        _check(path, file, first, wanted)
        found.setdefault(path.stem, []).append(file)
    return found


def check_selection(selection: KnownSelection, files: KnownFiles, plan: Path) -> None:
    """Raise PlanError for a glob of a plan's file that fits the id of no known change."""
    ids = [f"{name}/{e.id}" for name, each in files.items() for file in each for e in file.change]
    for key in ("include", "exclude"):
        for glob in getattr(selection, key):
            if not any(fnmatchcase(one, glob) for one in ids):
                line = _line_of(plan, glob)
                raise PlanError(
                    f"{plan} is not a valid plan",
                    details=f"{plan}:{line}: known.{key}: there is no known change {glob!r}; "
                    f"{nearest(glob, ids)}",
                )


def _check(path: Path, file: KnownFile, first: dict[str, Path], sections: frozenset[str]) -> None:
    """Raise PlanError for an id that another file has, and for a section that there is not."""
    problems = []
    text = path.read_text(encoding="utf-8")
    for at, entry in enumerate(file.change):
        name = f"{path.stem}/{entry.id}"
        if (other := first.setdefault(name, path)) != path:
            line = find_line(text, ("change", at, "id"))
            problems.append(f"{path}:{line}: change.{at}.id: {name!r} is in {other}, too")
        for glob in entry.facts:
            section = glob.partition("/")[0]
            if sections and section not in sections:
                line = find_line(text, ("change", at, "facts"))
                advice = nearest(section, sections)
                problems.append(
                    f"{path}:{line}: change.{at}.facts: no section {section!r}; {advice}"
                )
    if problems:
        raise PlanError(f"{path} is not a valid {KnownFile.called()}", details="\n".join(problems))


def _line_of(path: Path, text: str) -> int:
    """Return the first line that holds a text, from 1."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((at for at, line in enumerate(lines, start=1) if text in line), 1)
