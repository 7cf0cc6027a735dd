"""Read whether the index of the running kernel's modules is complete."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.base import Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.modules import Modules, module_name
from upgradeproof.probes.own_kernel import OWN_KERNEL
from upgradeproof.probes.text import clean, number, rows

MAX_NAMED = 20
"""Of each kind of fault so many files are named; a kernel has thousands."""

_SCRIPT = r"""
release=$(uname -r); printf 'release\t%s\n' "$release"
cd "/lib/modules/$release" 2>/dev/null || { printf 'problem\tfolder\n'; exit 0; }
[ -r modules.dep ] || printf 'problem\tindex\n'
[ ! -r modules.builtin ] || sed 's/^/builtin\t/' modules.builtin
newer=; [ ! -r modules.dep ] || newer='-newer modules.dep -printf newer\t%P\n'
set -f
find . -name '*.ko*' ! -type d -printf 'file\t%P\n' $newer | awk -F '\t' -v most=MOST '
  function name(kind, path) { if (++count[kind] <= most) print kind "\t" path }
  BEGIN {
    while ((getline line < "modules.dep") > 0) {
      words = split(line, paths, " ")
      sub(/:$/, "", paths[1])
      listed[paths[1]]; named[paths[1]]
      for (i = 2; i <= words; i++) named[paths[i]]
    }
  }
  $1 == "newer" { name("newer", $2); next }
  { files++; there[$2]; if (!($2 in listed)) name("unlisted", $2) }
  END {
    for (path in named) if (path != "" && !(path in there)) name("missing", path)
    print "files\t" files + 0
    for (kind in count) print "count\t" kind "\t" count[kind]
  }'
exit 0
"""
_PROBLEMS = {
    "folder": "the running kernel has no folder of modules",
    "index": "there is no modules.dep",
}


class ModuleIndex(Record):
    """The index that ``depmod`` wrote, compared with the files that exist.

    ``unlisted`` are files that the index does not know, ``missing`` are files that it names and
    that are gone, ``newer`` are files that were written after it.
    """

    volatile: ClassVar[frozenset[str]] = frozenset({"release", "files", "builtin"})
    release: str
    problem: str = ""
    """Why there is nothing to look at; empty where there is an index."""
    files: int = 0
    builtin: tuple[str, ...] = ()
    """Modules that this kernel has built in, sorted."""
    unlisted: tuple[str, ...] = ()
    unlisted_count: int = 0
    missing: tuple[str, ...] = ()
    missing_count: int = 0
    newer: tuple[str, ...] = ()
    newer_count: int = 0


class ModuleIndexes(Probe[ModuleIndex]):
    """Read one record, keyed ``running``; none in a container."""

    section = "module_index"
    record: ClassVar[type[Record]] = ModuleIndex

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; one ``awk`` compares the index with the files."""
        return OWN_KERNEL + _SCRIPT.replace("MOST", str(MAX_NAMED))

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, ModuleIndex]:
        """Return the index; a kernel that does not report its release has none."""
        printed: dict[str, list[str]] = {}
        counts: dict[str, int] = {}
        for cells in rows(clean(output)):
            match cells:
                case ["count", kind, count]:
                    counts[kind] = number(count) or 0
                case [name, value]:
                    printed.setdefault(name, []).append(value)
        if "release" not in printed:
            return {}
        problem = printed.get("problem", [""])[0]
        return {
            "running": ModuleIndex(
                release=printed["release"][0],
                problem=_PROBLEMS.get(problem, problem),
                files=number(printed.get("files", [""])[0]) or 0,
                builtin=tuple(sorted(map(module_name, printed.get("builtin", ())))),
                unlisted=tuple(sorted(printed.get("unlisted", ()))),
                unlisted_count=counts.get("unlisted", 0),
                missing=tuple(sorted(printed.get("missing", ()))),
                missing_count=counts.get("missing", 0),
                newer=tuple(sorted(printed.get("newer", ()))),
                newer_count=counts.get("newer", 0),
            )
        }


def present(facts: Facts) -> frozenset[str]:
    """Return the names of the modules that are loaded, or built into the running kernel."""
    return frozenset({*facts[Modules], *facts[ModuleIndexes]["running"].builtin})
