"""Read which files of packages, conffiles aside, are not as the package brought them."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from upgradeproof.probes.attribution import changed_package
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.conffiles import Conffiles
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.merged_usr import MERGED_USR
from upgradeproof.probes.packages import Packages
from upgradeproof.probes.text import clean, rows

UNLOGGED_S = 3600
"""How long after its installation a package without a log of dpkg may have been configured."""

_SCRIPT = (
    "timeout 90 perl - <<'END_OF_EDITED'\n"
    + Path(__file__)
    .with_suffix(".pl")
    .read_text(encoding="utf-8")
    .replace("@MERGED_USR@\n", MERGED_USR)
    .replace("@UNLOGGED@", str(UNLOGGED_S))
    + "END_OF_EDITED\n"
)


class EditedFile(Record):
    """One file that no update protects: dpkg replaces it without a question."""

    package: str
    """The package that it belongs to; several are separated by commas."""
    md5: str
    """Of the current file."""


class EditedFiles(Probe[EditedFile]):
    """Compare dpkg's sums with the files that are newer than their package; the key is the path.

    What a package's own script wrote when dpkg configured it is no edit.
    """

    section = "edited_files"
    record: ClassVar[type[Record]] = EditedFile
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script: one process that looks at each file, and hashes the newer ones."""
        return _SCRIPT

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Attribute what loses no edit: the package was removed, or the content is the same."""
        path = line.path.removeprefix(f"{cls.section}/")
        if line.before is None:
            return ""
        if line.after is not None:
            path, _, field = path.rpartition("/")
            package = after[cls][path].package
            return f"{package} brings the file now" if field == "package" else ""
        was = before[cls][path]
        if not is_installed(was.package, after):
            return f"belonged to {was.package}, which {changed_package(was.package, before, after)}"
        return "has the same content" if has_same_content(path, before, after) else ""

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, EditedFile]:
        """Return the files by path; lines of another shape are left out."""
        found: dict[str, EditedFile] = {}
        for cells in rows(output):
            match cells:
                case ["edited", package, md5, path]:
                    found[clean(path)] = EditedFile(package=clean(package), md5=clean(md5))
        return found


def is_installed(package: str, facts: Facts) -> bool:
    """Return whether one of the packages of a record is installed."""
    found = (facts[Packages].get(name) for name in package.split(","))
    return any(each and each.installed for each in found)


def has_same_content(path: str, before: Facts, after: Facts) -> bool:
    """Return whether an edited file has its content, although it is no edit any more.

    The package may declare it as a conffile now, or bring what the administrator wrote.
    """
    conffile = after[Conffiles].get(path)
    if conffile and conffile.md5 == before[EditedFiles][path].md5:
        return True
    was, now = (_sha256(path, facts) for facts in (before, after))
    return was != "" and was == now


def _sha256(path: str, facts: Facts) -> str:
    return getattr(facts.sections.get("files", {}).get(path), "sha256", "")
