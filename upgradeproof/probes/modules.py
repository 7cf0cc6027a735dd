"""Read the kernel's modules and their parameters."""

from __future__ import annotations

import re
import shlex
from typing import ClassVar

from pydantic import Field

from upgradeproof.probes.base import Interests, Probe, Record
from upgradeproof.probes.text import clean, number

_SCRIPT = r"""
[ ! -r /proc/modules ] || cat /proc/modules
for module in $(cut -d ' ' -f 1 /proc/modules 2>/dev/null) "$@"; do
  folder=/sys/module/$module
  [ ! -d "$folder" ] || echo "=$module"
  [ ! -e "$folder/version" ] || grep -H '' "$folder/version"
  [ ! -d "$folder/parameters" ] || grep -sH '' "$folder"/parameters/*
done
exit 0
"""
_LOADED = re.compile(r"(\S+) (\d+) (\S+) (\S+) (\S+) \S+(?: \((\S+)\))?")
_VALUE = re.compile(r"/sys/module/([^/:]+)/(?:parameters/)?([^/:]+):(.*)")


class Module(Record):
    """One module; ``state`` is the kernel's word (``Live``), or ``builtin``."""

    volatile: ClassVar[frozenset[str]] = frozenset({"size_bytes", "references"})
    state: str
    version: str = ""
    taint: str = ""
    """The kernel's letters: ``OE`` is out of tree and unsigned."""
    parameters: dict[str, str] = Field(default_factory=dict)
    size_bytes: int | None = None
    references: int | None = None
    """Volatile, as every program that uses the module counts."""


class Modules(Probe[Module]):
    """Read the loaded modules, and those of the plan that are built into the kernel.

    None at all where the kernel has no module support; in a container they are the host's.
    """

    section = "modules"
    record: ClassVar[type[Record]] = Module

    @classmethod
    def script(cls, interests: Interests, /) -> str:
        """Return the script; one ``grep`` a module reads all parameters that can be read."""
        names = shlex.join(name.replace("-", "_") for name in interests.modules)
        return f"set -- {names}\n{_SCRIPT}"

    @classmethod
    def parse(cls, output: str, _interests: Interests, /) -> dict[str, Module]:
        """Return the modules by name; a parameter of several lines keeps its last."""
        modules: dict[str, dict[str, object]] = {}
        values: dict[str, dict[str, str]] = {}
        versions: dict[str, str] = {}
        for line in map(clean, output.split("\n")):
            if line.startswith("="):
                modules.setdefault(line[1:], {"state": "builtin"})
            elif value := _VALUE.fullmatch(line):
                name, field, text = value.groups()
                if "/parameters/" in line:
                    values.setdefault(name, {})[field] = text.strip()
                else:
                    versions[name] = text.strip()
            elif loaded := _LOADED.fullmatch(line.strip()):
                modules[loaded[1]] = {
                    "state": loaded[5],
                    "taint": loaded[6] or "",
                    "size_bytes": number(loaded[2]),
                    "references": number(loaded[3]),
                }
        return {
            name: Module.model_validate(
                {
                    **module,
                    "parameters": values.get(name, {}),
                    "version": versions.get(name, ""),
                }
            )
            for name, module in modules.items()
        }
