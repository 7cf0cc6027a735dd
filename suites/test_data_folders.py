"""No part of a folder of data is deleted: what only counts as daily content is still there.

A folder that holds nothing at all any more is reported by ``test_files``.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from upgradeproof.probes.attribution import distribution_upgraded
from upgradeproof.probes.file_records import File
from upgradeproof.probes.files import Files
from upgradeproof.probes.files_walk import PARTS_LIMIT
from upgradeproof.runner import State

MIN_FILES = 10
TEMPORARY = re.compile(r"(?:.*[-_.])?(?:cache|caches|tmp|temp)", re.IGNORECASE)
"""Names of what its owner may delete at any time."""
DIRECTLY = "."


class Part(NamedTuple):
    """The files below one direct subfolder."""

    files: int
    size: int

    def lost(self, now: "Part", *, everything: bool) -> bool:
        """Return whether most of the files went, and most of their bytes with them.

        Fewer files with as many bytes are the same data in another format.
        """
        if self.files < MIN_FILES:
            return False
        if everything:
            return not now.files
        return now.files * 2 < self.files and now.size * 2 <= self.size


def test_no_part_of_the_data_is_deleted(
    installed: State, installed_rebooted: State, upgraded: State
) -> None:
    everything = distribution_upgraded(installed.facts, upgraded.facts)
    deleted = []
    for folder, name, was in parts(installed):
        now, at_reboot = part(upgraded, folder, name), part(installed_rebooted, folder, name)
        if now is None or not was.lost(now, everything=everything):
            continue
        if at_reboot is None or was.lost(at_reboot, everything=False):
            continue
        if moved(folder, was, installed, upgraded) or accepted(folder, upgraded):
            continue
        place = f"{folder} held {was.files} files directly in it"
        if name != DIRECTLY:
            place = f"{folder}/{name} held {was.files} files"
        deleted.append(f"{place}, and holds {now.files or 'none'}")
    assert not deleted, "\n".join(deleted)


def parts(state: State) -> Iterator[tuple[str, str, Part]]:
    """Yield the folder, the subfolder and what it holds, for all that is no cache."""
    for path, folder in sorted(state[Files].items()):
        for name, (files, size) in sorted(folder.subfolders.items()):
            if not TEMPORARY.fullmatch(name):
                yield path, name, Part(files, size)


def part(state: State, path: str, name: str) -> Part | None:
    """Return what a subfolder holds; None: that is not known, or the whole folder is gone."""
    folder = state[Files].get(path)
    if folder is None or folder.entries == 0:
        return None
    if folder.entries is None:
        return Part(sum(1 for _ in files_of(state, path, name)), 0)
    if name not in folder.subfolders and len(folder.subfolders) >= PARTS_LIMIT:
        return None
    return Part(*folder.subfolders.get(name, (0, 0)))


def files_of(state: State, path: str, name: str) -> Iterator[File]:
    """Yield the files of a subfolder whose folder is not read as a whole in this state."""
    for each, file in state[Files].items():
        inside = each.removeprefix(f"{path}/")
        if inside == each or file.type == "directory" or file.package:
            continue
        first, slash, _ = inside.partition("/")
        if (first if slash else DIRECTLY) == name:
            yield file


def moved(path: str, was: Part, installed: State, upgraded: State) -> bool:
    """Return whether a subfolder is new that holds half as many files or more."""
    before, after = (state[Files][path].subfolders for state in (installed, upgraded))
    return any(after[name][0] * 2 >= was.files for name in after.keys() - before.keys())


def accepted(path: str, upgraded: State) -> bool:
    """Return whether the plan expects a loss in the folder."""
    return upgraded.reason_for(f"files/{path}/subfolders") is not None
