"""Give the keys of a TOML file their new names; comments and layout stay as they are."""

from __future__ import annotations

import operator
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, InlineTable, Item, Key, SingleKey, Table

from upgradeproof.errors import PlanError
from upgradeproof.plan.loading import read_toml
from upgradeproof.plan.old_names import Names
from upgradeproof.plan.positions import header_lines
from upgradeproof.plan.writing import refuse_read_only, replace_file
from upgradeproof.renamed_keys import new_name, renamed

PLAN, DEFECT, CASE, DAEMON = "plan", "defect", "case", "daemon"
_FILES = {"upgrade.toml": PLAN, "defect.toml": DEFECT, "case.toml": CASE}
_FOLDERS = {"defects": DEFECT, "daemons": DAEMON}


@dataclass(frozen=True, kw_only=True)
class Migration:
    """A file by the new names of its keys."""

    path: Path
    text: str
    renames: tuple[tuple[int, str, str], ...]
    """Line, old path and new name of each key that is renamed, in the order of the file."""

    def lines(self) -> Iterator[str]:
        """Yield one line for each key that is renamed."""
        yield from (f"{self.path}:{line}: {old} -> {new}" for line, old, new in self.renames)


def kind_of(path: Path) -> str:
    """Return what a file is, by its name and the folder that it is in; a plan if nothing else."""
    return _FILES.get(path.name) or _FOLDERS.get(path.absolute().parent.name) or PLAN


def migration(path: Path) -> Migration:
    """Return a plan, a defect, a field case or a daemon by the new names of its keys.

    The file is not written. Raises PlanError if it can't be read, is not TOML, or has both names of
    a key in one table.
    """
    text, data = read_toml(path)
    kind = kind_of(path)
    wanted, found = renamed(data, kind)
    names = Names(text=text, renames=found)
    lines = sorted((names.line(each.location), str(each), each.new) for each in found)
    if any(each.twice for each in found):
        twice = next(each for each in found if each.twice)
        raise PlanError(
            f"{path}:{names.line(twice.location)}: the table has {str(twice)!r} and its new name"
            f" {twice.new!r}",
            resolution="remove the old name",
        )
    new = _with_new_names(text, kind) if found else text
    if new is None or tomllib.loads(new) != wanted:
        raise PlanError(
            f"{path} can't be rewritten: its layout would change",
            details="\n".join(f"{path}:{line}: {old} -> {name}" for line, old, name in lines),
            resolution="rename these keys yourself",
        )
    return Migration(path=path, text=new, renames=tuple(lines))


def write_migrations(migrations: Sequence[Migration]) -> None:
    """Replace files, each atomically, by the new names of their keys.

    Raises PlanError for a file that is read-only, before any is written, or that can't be written.
    """
    for each in migrations:
        refuse_read_only(each.path)
    for each in migrations:
        replace_file(each.path, each.text, lambda part: tomllib.loads(part.read_text("utf-8")))


def _with_new_names(text: str, kind: str) -> str | None:
    """Return the text by the new names; None where the library would change more than names.

    The library moves tables of one list between which another table is: then each table of the
    file is a document of its own.
    """
    for parts in ([text], list(_tables(text))):
        try:
            documents = [tomlkit.parse(part) for part in parts]
            if any(map(operator.ne, map(tomlkit.dumps, documents), parts)):
                continue
            for document in documents:
                _rename(document, kind, ())
            return "".join(map(tomlkit.dumps, documents))
        except (TOMLKitError, ValueError):
            continue
    return None


def _tables(text: str) -> Iterator[str]:
    """Yield the lines before the first header, then those of each table with its header."""
    lines = text.splitlines(keepends=True)
    starts = [0, *(at for at, _ in header_lines(text)), len(lines)]
    yield from ("".join(lines[start:end]) for start, end in pairwise(starts))


def _rename(container: Container, kind: str, above: tuple[str, ...]) -> None:
    """Rename keys in the body of a container, which is what the library writes."""
    for at, (key, item) in enumerate(container.body):
        if key is None:  # a comment or an empty line
            continue
        name = new_name(kind, (*above, key.key)) or key.key
        if name != key.key:
            container.body[at] = (_named(key, name), item)
            if isinstance(item, Table | AoT):
                item.invalidate_display_name()
        _rename_in(item, kind, (*above, name))


def _rename_in(item: Item, kind: str, above: tuple[str, ...]) -> None:
    match item:
        case Table() | InlineTable():
            _rename(item.value, kind, above)
        case AoT():
            for table in item.body:
                _rename(table.value, kind, above)
        case Array():
            for each in item:
                _rename_in(each, kind, above)
        case _:
            return


def _named(key: Key, name: str) -> Key:
    """Return a key of another name, with the spaces and the quotes of the old one."""
    quoted: Any = getattr(key, "t", None)
    original = key.as_string().replace(key.key, name)
    return SingleKey(name, t=quoted, sep=key.sep, original=original)
