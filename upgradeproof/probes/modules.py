"""Read the kernel's modules, their parameters, and the files that they come from."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from typing import ClassVar

from pydantic import Field

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.own_kernel import OWN_KERNEL
from upgradeproof.probes.text import clean, number

_SCRIPT = r"""
[ ! -r /proc/modules ] || cat /proc/modules
loaded=$(cut -d ' ' -f 1 /proc/modules 2>/dev/null)
named=$*; set --
for module in $loaded $named; do
  folder=/sys/module/$module
  [ -d "$folder" ] || continue
  echo "=$module"
  set -- "$@" "$folder/version" "$folder/srcversion" "$folder"/parameters/*
done
[ $# -eq 0 ] || grep -sH '' "$@"
"""
_FILES = r"""
[ -n "$loaded" ] || exit 0
modinfo $loaded 2>&1 | grep -E '^(filename|depends|srcversion|vermagic):|^modinfo: '
exit 0
"""
_LOADED = re.compile(r"(\S+) (\d+) (\S+) (\S+) (\S+) \S+(?: \((\S+)\))?")
_VALUE = re.compile(r"/sys/module/([^/:]+)/(parameters/)?([^/:]+):(.*)")
_FIELD = re.compile(r"(filename|depends|srcversion|vermagic):\s*(.*)")
_COMPLAINT = re.compile(r"modinfo: \w+: (.*)")
_NAMED = re.compile(r"Module (?:alias )?(\S+) not found")
_FILE = re.compile(r"(.*)\.ko(?:\.\w+)?")


class Module(Record):
    """One module; ``state`` is the kernel's word (``Live``), or ``builtin``."""

    volatile: ClassVar[frozenset[str]] = frozenset(
        {
            "size_bytes",
            "references",
            "file",
            "vermagic",
            "srcversion",
            "file_srcversion",
            "depends",
        }
    )
    state: str
    version: str = ""
    taint: str = ""
    """The kernel's letters: ``OE`` is out of tree and unsigned."""
    parameters: dict[str, str] = Field(default_factory=dict)
    problem: str = ""
    """Why its file can't be described; empty where it can, or where the kernel is the host's."""
    size_bytes: int | None = None
    references: int | None = None
    """Volatile, as every program that uses the module counts."""
    file: str = ""
    """The path of the file that would be loaded now. This and what is read from it is volatile, as
    every new kernel changes it."""
    vermagic: str = ""
    """The file's: for which kernel it was built."""
    srcversion: str = ""
    """The sum of the sources of what is loaded; few modules have one."""
    file_srcversion: str = ""
    depends: tuple[str, ...] = ()


class Modules(Probe[Module]):
    """Read the loaded modules, and those of the plan that are built into the kernel.

    None at all where the kernel has no module support; in a container they are the host's, and
    their files are not read.
    """

    section = "modules"
    record: ClassVar[type[Record]] = Module

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; one ``grep`` reads all parameters, one ``modinfo`` all files."""
        names = shlex.join(name.replace("-", "_") for name in inputs.modules)
        return f"set -- {names}\n{_SCRIPT}{OWN_KERNEL}{_FILES}"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Module]:
        """Return the modules by name; a parameter of several lines keeps its last."""
        lines = [clean(line) for line in output.split("\n")]
        modules: dict[str, dict[str, object]] = {}
        values: dict[str, dict[str, str]] = {}
        for line in lines:
            if line.startswith("="):
                modules.setdefault(line[1:], {"state": "builtin"})
            elif value := _VALUE.fullmatch(line):
                name, parameter, field, text = value.groups()
                if parameter:
                    values.setdefault(name, {})[field] = text.strip()
                elif name in modules and field in ("version", "srcversion"):
                    modules[name][field] = text.strip()
            elif loaded := _LOADED.fullmatch(line.strip()):
                modules[loaded[1]] = {
                    "state": loaded[5],
                    "taint": loaded[6] or "",
                    "size_bytes": number(loaded[2]),
                    "references": number(loaded[3]),
                }
        files = _files(lines)
        return {
            name: Module.model_validate(
                {**module, **files.get(name, {}), "parameters": values.get(name, {})}
            )
            for name, module in modules.items()
        }


def _files(lines: Iterable[str]) -> dict[str, dict[str, object]]:
    """Return what ``modinfo`` prints for each module: a file's name comes before its fields."""
    files: dict[str, dict[str, object]] = {}
    current: dict[str, object] = {}
    for line in lines:
        if field := _FIELD.fullmatch(line):
            name, text = field[1], field[2].strip()
            if name == "filename":
                current = files.setdefault(module_name(text), {"file": text})
            elif name == "depends":
                current["depends"] = tuple(sorted(filter(None, text.split(","))))
            else:
                current["file_srcversion" if name == "srcversion" else name] = text
        elif (complaint := _COMPLAINT.fullmatch(line)) and (named := _NAMED.search(complaint[1])):
            files.setdefault(named[1].rstrip("."), {})["problem"] = complaint[1]
    return files


def module_name(path: str) -> str:
    """Return the kernel's name of the module in a file such as ``kernel/net/8021q.ko.xz``."""
    base = path.rpartition("/")[2]
    match = _FILE.fullmatch(base)
    return (match[1] if match else base).replace("-", "_")
