"""Return which lines of the section ``files`` follow from a package that changed.

A package that replaces its files brings such lines. What gives more rights than before, takes
something away from an administrator or from every user, or gives data to another user does never
follow from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

from upgradeproof.probes.attribution import changed_package, distribution_upgraded
from upgradeproof.probes.base import Difference, Facts, Record
from upgradeproof.probes.conffiles import Conffile, Conffiles
from upgradeproof.probes.configs import Configs
from upgradeproof.probes.daily_backups import is_daily_backup
from upgradeproof.probes.edited_files import EditedFiles
from upgradeproof.probes.file_access import configuration_closed, program_closed
from upgradeproof.probes.file_records import ROOT, File, content_reason
from upgradeproof.probes.file_rights import data_written, is_given_to_its_account, looser
from upgradeproof.probes.file_versions import (
    package_of_the_next_version,
    package_of_the_same_version,
)
from upgradeproof.probes.packages import Package, Packages

SECTION = "files"
_IN_CONFIGS = {"", "sha256", "owner", "group", "mode"}
"""The fields that the section ``configs`` has, too; also for added and removed files."""
_OWNED_FOR_GOOD = ("/etc/", "/var/")
"""Where an owner is a matter of the service's user, whatever a package does."""


@dataclass(frozen=True)
class _State:
    """What an explanation needs of a state."""

    facts: Facts
    files: Mapping[str, File]
    packages: Mapping[str, Package]
    conffiles: Mapping[str, Conffile]

    @classmethod
    def of(cls, facts: Facts) -> _State:
        def section(name: str) -> Mapping[str, Record]:
            return facts.sections.get(name, {})

        return cls(
            facts,
            cast("Mapping[str, File]", section(SECTION)),
            cast("Mapping[str, Package]", section(Packages.section)),
            cast("Mapping[str, Conffile]", section(Conffiles.section)),
        )

    def version(self, package: str) -> str:
        """Return the installed version, empty without one."""
        found = self.packages.get(package)
        return found.version if found and found.installed else ""

    def has(self, path: str) -> bool:
        """Return whether a program, a unit or a noted file is there."""
        return path in self.files or path in self.ordinary

    @property
    def unread(self) -> str:
        return self.files[ROOT].unread if ROOT in self.files else ""

    @property
    def ordinary(self) -> tuple[str, ...]:
        return self.files[ROOT].ordinary if ROOT in self.files else ()

    def edited(self, path: str) -> bool:
        """Return whether an administrator changed what a package brought."""
        if path in self.facts.sections.get(EditedFiles.section, {}):
            return True
        conffile, file = self.conffiles.get(path), self.files.get(path)
        return bool(conffile and conffile.state == "modified") or bool(file and file.edited)

    def end_of(self, link: File) -> File:
        """Return the last link of a chain of links, such as the one of an alternative."""
        for _ in range(8):
            onward = self.files.get(link.leads_to)
            if onward is None or onward.type != "link":
                break
            link = onward
        return link

    def target_package(self, link: File) -> str:
        """Return the package whose file a link, or a chain of them, leads to."""
        return self.end_of(link).target_package

    def folded(self, path: str) -> str:
        """Return the folder that is read as a whole and holds the path."""
        for folder in PurePosixPath(path).parents:
            found = self.files.get(str(folder))
            if found and found.entries is not None:
                return str(folder)
        return ""


def explain(line: Difference, before: Facts, after: Facts) -> str:
    """Return why a line follows from a package's change, or ""."""
    was, now = _State.of(before), _State.of(after)
    path = line.path.removeprefix(f"{SECTION}/")
    added_or_removed = line.before is None or line.after is None
    path, field = (path, "") if added_or_removed else path.rpartition("/")[::2]
    if path in before.sections.get(Configs.section, {}) and field in _IN_CONFIGS:
        return "is a file that the plan names: the section configs shows the same"
    if added_or_removed and (stopped := was.unread or now.unread):
        return f"is not known: the tree was not read after {stopped}"
    if added_or_removed and is_daily_backup(path, now.files.get(path) or was.files.get(path)):
        return "is a backup that a daily job of dpkg or apt makes"
    if line.before is None:
        return _came(path, was, now)
    return _changed(path, field, was, now) if field else _went(path, was, now)


def change_of(package: str, was: _State, now: _State) -> str:
    """Return what became of a package between two states, empty where it is the same."""
    for each in package.split(","):
        if changed := changed_package(each, was.facts, now.facts):
            return f"{each}, which {changed}"
    return ""


def _came(path: str, was: _State, now: _State) -> str:
    file = now.files.get(path)
    if file is None or (path in was.ordinary and program_closed(path, None, file)):
        return ""
    if file.privileged or file.world_writable or file.acl:
        return _came_with_rights(path, file, change_of(file.package, was, now), was)
    for relation, package in _origins(path, file, now):
        if changed := change_of(package, was, now):
            return f"{relation} {changed}"
    return "is as ucf installed it" if file.unedited else _of_others(path, file, was, now)


def _origins(path: str, file: File, now: _State) -> Iterator[tuple[str, str]]:
    """Yield how a file may be related to a package, and to which."""
    yield "belongs to", file.package
    if file.type == "link":
        yield "is a link to a file of", now.target_package(file)
    yield "is a copy of a file of", file.copy_of
    yield "is made for", package_of_the_same_version(path, file, now.packages)


def _came_with_rights(path: str, file: File, changed: str, was: _State) -> str:
    """Return why a program with privileges came: with a new package, or by another path."""
    other = path.removeprefix("/usr")
    moved = was.files.get(other) if _merged(other) == path else None
    if moved and (moved.mode, moved.capabilities) == (file.mode, file.capabilities):
        return f"is the same file as {other}, whose folder is a link now"
    return f"belongs to {changed}" if changed and not was.version(file.package) else ""


def _of_others(path: str, file: File, was: _State, now: _State) -> str:
    """Return why something came that no package owns, from what is around it or in it."""
    if (folder := was.folded(path)) and not now.folded(path):
        return f"{folder} held so much that it was read as a whole"
    if file.type == "file" and str(PurePosixPath(path).parent) == "/var/log":
        return "is a log, which is made when its first line is written"
    if reason := _in_new_folder(path, was, now):
        return reason
    if path.startswith("/var/") and (parent := now.files.get(str(PurePosixPath(path).parent))):
        changed = change_of(parent.package, was, now) if "," not in parent.package else ""
        return f"is in a directory of {changed}" if changed else ""
    if file.type == "directory":
        inside = [each for each in now.files if each.startswith(f"{path}/")]
        reasons = [_came(each, was, now) for each in inside if each not in was.files]
        return f"holds what {reasons[0]}" if reasons and all(reasons) else ""
    return ""


def _in_new_folder(path: str, was: _State, now: _State) -> str:
    """Return that something is in a folder that came with packages which were not there before."""
    folder = str(PurePosixPath(path).parent)
    parent = now.files.get(folder)
    if parent is None or folder in was.files or not parent.package:
        return ""
    if any(was.version(each) for each in parent.package.split(",")):
        return ""
    changed = change_of(parent.package, was, now)
    return f"is in a directory of {changed}" if changed else ""


def _went(path: str, was: _State, now: _State) -> str:
    file = was.files.get(path)
    if file is None or was.edited(path) or path in now.ordinary or _data_went(file, was, now):
        return ""
    if changed := change_of(file.package, was, now):
        return f"belonged to {changed}"
    if file.type == "link" and file.package == "":
        return _link_went(file, was, now)
    folder = now.folded(path)
    if folder and not was.folded(path):
        return f"{folder} holds so much that it is read as a whole"
    return ""


def _data_went(file: File, was: _State, now: _State) -> bool:
    """Return whether a folder of data went with its content, and a package of it stays."""
    stays = any(was.version(each) and now.version(each) for each in file.package.split(","))
    return bool(file.entries and stays and not distribution_upgraded(was.facts, now.facts))


def _link_went(file: File, was: _State, now: _State) -> str:
    """Return why a link went: with the file that it led to, or as a package's alternative."""
    end = was.end_of(file)
    changed = change_of(end.target_package, was, now)
    gone = not now.version(end.target_package) or not (
        was.has(end.leads_to) and now.has(end.leads_to)
    )
    if not changed and file.chosen_automatically and distribution_upgraded(was.facts, now.facts):
        return "was an alternative in automatic mode, which the distribution dropped"
    return f"was a link to a file of {changed}" if changed and (gone or end.choices) else ""


def _changed(path: str, field: str, was: _State, now: _State) -> str:
    old, new = was.files.get(path), now.files.get(path)
    if old is None or new is None:
        return ""
    if field == "sha256" and (why := content_reason(old, new)):
        return why
    old_value, new_value = str(getattr(old, field, "")), str(getattr(new, field, ""))
    match field:
        case "target":
            return _link_moved(old, new, was, now)
        case "owners" | "modes":
            return data_written(field, old, new)
        case "owner" | "group" if is_given_to_its_account(path, old_value, new_value):
            changed = change_of(new_value.removeprefix("_"), was, now)
            return f"is the folder of {changed}, and belongs to its account" if changed else ""
        case "sha256" if old.copy_of and old.copy_of == new.copy_of:
            relation, package = "is a copy of a file of", old.copy_of
        case _:
            relation, package = "belongs to", old.package
    changed = change_of(package, was, now) or change_of(new.package, was, now)
    return f"{relation} {changed}" if changed and _harmless(path, field, was, now) else ""


def _harmless(path: str, field: str, was: _State, now: _State) -> bool:
    """Return whether a package may change a field of its file without anyone being asked."""
    old, new = was.files[path], now.files[path]
    match field:
        case "package":
            return True
        case "sha256" | "size":
            return not was.edited(path)
        case "type":
            return not new.privileged and not new.world_writable
        case "mode":
            return not looser(old, new) and not _closed(path, was, now)
        case "owner" | "group":
            return not path.startswith(_OWNED_FOR_GOOD) and not new.privileged
        case _:
            return False


def _closed(path: str, was: _State, now: _State) -> bool:
    """Return whether every user loses something; a distribution may close its configuration."""
    old, new = was.files[path], now.files[path]
    return program_closed(path, old, new) or (
        configuration_closed(path, old, new, was.files)
        and not distribution_upgraded(was.facts, now.facts)
    )


def _link_moved(old: File, new: File, was: _State, now: _State) -> str:
    """Return why a link points elsewhere: only where its old target is gone, or is one package's.

    A target that still exists was chosen by an administrator.
    """
    package = new.package or package_of_the_next_version(old, new, now.packages)
    if changed := change_of(package, was, now):
        return f"belongs to {changed}"
    if _merged(old.leads_to) == _merged(new.leads_to):
        return f"is the same place by another name: {new.leads_to}"
    automatic = old.chosen_automatically and new.chosen_automatically
    if automatic and distribution_upgraded(was.facts, now.facts):
        changed = change_of(now.target_package(new), was, now)
        return f"is an alternative in automatic mode, now of {changed}" if changed else ""
    if {old.target, old.leads_to} & set(new.choices) or now.has(old.leads_to):
        return ""
    gone = not now.version(old.target_package)
    changed = change_of(old.target_package, was, now)
    if changed and (gone or old.choices or old.target_package == new.target_package):
        return f"pointed to a file of {changed}"
    return ""


def _merged(path: str) -> str:
    """Return a path as it is in a system whose ``/bin`` and ``/lib`` are links into ``/usr``."""
    first = path.split("/")[1] if "/" in path else ""
    return f"/usr{path}" if first in {"bin", "sbin"} or first.startswith("lib") else path
