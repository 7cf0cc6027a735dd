"""Read what the administrator's files name, and whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, number, rows

MAXIMUM_FILES = 2_000
MAXIMUM_S = 5
"""Of searching and reading, in whole seconds; what was not read by then is not known."""
MAXIMUM_BYTES = 262_144
"""Of one file: a larger one is no configuration and no script."""
MAXIMUM_RECORDS = 20_000
KINDS = frozenset(
    {
        *("path", "socket", "command", "interpreter", "python", "perl"),
        *("pam", "zone", "user", "link", "environment", "modules"),
        *("unit", "release", "variable", "plugin", "process", "folder", "php"),
        *("attribute", "ruby", "stored", "option"),
    }
)
_LIMITS = {
    "MAXIMUM_FILES": MAXIMUM_FILES,
    "MAXIMUM_S": MAXIMUM_S,
    "MAXIMUM_BYTES": MAXIMUM_BYTES,
    "MAXIMUM_RECORDS": MAXIMUM_RECORDS,
}
_PROGRAM = (
    "shell_commands.pl",
    "reference_targets.pl",
    "reference_variables.pl",
    "reference_plugins.pl",
    "reference_folders.pl",
    "reference_options.pl",
    "reference_ages.pl",
    "reference_applications.pl",
    "reference_php.pl",
    "reference_python.pl",
    "reference_ruby.pl",
    "references.pl",
)


class Reference(Record):
    """One name in one file."""

    volatile: ClassVar[frozenset[str]] = frozenset({"line", "target", "package"})
    kind: str
    """``path``, ``socket`` (a path below ``/run``), ``process`` (one that ends in ``.pid``),
    ``command``, ``interpreter``, ``python`` and
    ``perl`` (modules), ``pam``, ``zone``, ``user``, ``link`` (a link's target), ``environment`` (a
    virtual one), ``modules`` (a folder of them for one version of an interpreter), ``unit``,
    ``release`` (in apt's settings), ``variable`` (of a file in ``/etc/default``), ``plugin`` (of
    the program that the file configures), ``folder`` (of the file itself), ``php`` (a function or
    a class), ``attribute`` (a name of Python's standard library), ``ruby`` (a constant, a method),
    ``option`` (a command with a long option), ``stored`` (data in a folder of temporary files that
    systemd does not delete), ``unread``."""
    name: str
    file: str
    line: int = 0
    """The line in which it is first; 0: it is in no line."""
    resolves: bool = False
    """Whether it is there: a socket as a socket, a command in PATH, an option in the file of the
    program, a module for its interpreter, an environment or a folder of modules for the version of
    the interpreter."""
    target: str = ""
    """Where it was found; for an environment or a folder of modules, the interpreter's version;
    for data that systemd deletes, when and by which file it is deleted."""
    package: str = ""
    """The package of what was found; empty: none."""

    @property
    def brought(self) -> bool:
        """Whether it was more than a word in some program that names the folder of a file."""
        return self.kind != "folder" or self.target == self.name

    @property
    def temporary(self) -> bool:
        """Whether it is in a folder of temporary files, which a boot may empty."""
        return self.kind != "stored" and self.name.startswith(("/tmp/", "/var/tmp/"))  # noqa: S108  # names, not files


class References(Probe[Reference]):
    """Read the files that the administrator wrote or edited, and what they name.

    These are files of no package, and conffiles that differ from the package's, in ``/etc``,
    ``/usr/local``, ``/opt``, ``/srv``, ``/root/bin`` and among crontabs, ``*.conf`` of no package
    below ``/var/lib``, what runs programs for a user (SSH's authorized keys, ``.forward``), scripts
    in homes, and programs of applications, such as the pages of a web site in ``/var/www``.
    Only a change of ``resolves`` is a difference: a name that was added or removed is a change of
    its file. The key is ``FILE: KIND NAME``.
    """

    section = "references"
    record: ClassVar[type[Record]] = Reference
    arrivals = False
    departures = False

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script: one run of perl, which every Debian has in ``perl-base``."""
        folder = Path(__file__).parent
        program = "".join((folder / name).read_text(encoding="utf-8") for name in _PROGRAM)
        for name, limit in _LIMITS.items():
            program = program.replace(name, str(limit))
        return (
            "[ -x /usr/bin/perl ] || exit 0\n"
            f"timeout 30 /usr/bin/perl - <<'END_OF_PERL' || echo 'cut\ttime'\n{program}END_OF_PERL"
        )

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Reference]:
        """Return the references; a record ``unread`` means that not all files were read."""
        found: dict[str, Reference] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["reference", kind, name, file, line, there, target, package] if kind in KINDS:
                    found[f"{file}: {kind} {name}"] = Reference(
                        kind=kind,
                        name=name,
                        file=file,
                        line=number(line) or 0,
                        resolves=there == "1",
                        target=target,
                        package=package,
                    )
                case ["cut", why]:
                    found["unread"] = Reference(
                        kind="unread", name=f"not all files: {why}", file=""
                    )
        return found

    @classmethod
    def explain(cls, line: Difference, before: Facts, _after: Facts, /) -> str:
        """Return that a name which is there only now is no fault of any file.

        A temporary file is judged by the check of what is there after a boot.
        """
        if line.after == "true":
            return "what the file names is there now"
        key = line.path.removeprefix(f"{cls.section}/").removesuffix("/resolves")
        was = before[cls].get(key)
        if was and not was.brought:
            return "no package brought this folder before the upgrade either"
        return "a temporary file: what a boot leaves is compared" if was and was.temporary else ""
