"""Read the programs and plugins whose libraries can't be resolved."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, rows

_UNSURE = Path(__file__).with_name("unsure_programs.pl").read_text(encoding="utf-8")
_SCRIPT = r"""
unsure() { perl /dev/fd/3 3<<'END_OF_PERL'
UNSURE
END_OF_PERL
}
for LD in /lib64/ld-linux-*.so.* /lib/ld-linux*.so.* /lib64/ld64.so.* /lib/ld64.so.*; do
  [ -x "$LD" ] && "$LD" --list /bin/sh >/dev/null 2>&1 && break
  LD=
done
[ -n "$LD" ] || { echo 'no dynamic loader of the C library found' >&2; exit 1; }
export LD
exec 4>&1
{
  find /usr/bin /usr/sbin /usr/libexec /usr/lib /usr/local/bin /usr/local/sbin /usr/local/lib \
      /bin /sbin /lib \( -path '*/gconv' -o -path /usr/lib/debug -o -path '*/lib/modules' \
      -o -name 'klibc*' \) -prune \
    -o -type f \( -perm /111 -o -path '*/lib/*/*/*.so*' -o -name 'libnss_*.so*' \) \
    -print0 2>/dev/null
  readlink /proc/[0-9]*/exe | tr '\n' '\0'
} | sort -zu | unsure | xargs -0 -r -n 60 -P 2 sh -c '
  trace() { LD_TRACE_LOADED_OBJECTS=1 "$LD" "$@" 2>&1 || [ $? -lt 128 ] || echo "loader crashed"; }
  for file; do
    answer=$(trace "$file")
    case $answer in
      *"wrong ELF class"*) continue ;;
      *"not found"*|*"error while"*|*"loader crashed"*) ;;
      *) continue ;;
    esac
    case $file in *.so|*.so.*)
        near=${file%/*}
        for folder in "$near"/*/; do [ -d "$folder" ] && near=$near:${folder%/}; done
        answer=$(trace --library-path "$near" "$file") ;;
    esac
    printf "%s\n" "$answer" | grep -e "not found" -e "error while" -e "loader crashed" |
      while read -r line; do printf "%s\t%s\n" "$file" "$line"; done
  done' sh
exit 0
""".replace("UNSURE", _UNSURE)
_MISSING = re.compile(r"\s*(\S+) => not found")
_VERSION = re.compile(r"(?:.*[/ ])?([^/ ]+): version `([^']+)' not found \(required by .*\)")
_ERROR = re.compile(r".*error while loading shared libraries: (.+)")


class UnresolvedFile(Record):
    """One program or plugin that would not start."""

    missing: tuple[str, ...]
    """Libraries, as ``libssl.so.1.1``, or one with the version it lacks, as
    ``libc.so.6 (GLIBC_2.38)``; ``no interpreter /usr/bin/python3.9`` of a script; or else the
    loader's own complaint about the file."""


class Libraries(Probe[UnresolvedFile]):
    """Ask the C library's loader to resolve every program; nothing is executed.

    Looked at: executables under ``/usr`` and ``/usr/local``, plugins (shared objects in folders of
    their own, and name service modules), and the executables of all running processes. Plain
    libraries are covered by the programs that load them; character set converters, kernel modules
    and foreign architectures are left out. A plugin may use a library in its folder or in a
    folder of that, as its program would have loaded it. Of a script in a folder of PATH, the
    interpreter has to be there. What is built against klibc, for the
    initramfs, knows no such loader.

    The loader is asked of those programs only that ``unsure_programs.pl`` can't clear by the
    libraries and versions that they need: 30 of 1000 on a server; asking it of all takes 1.9 s of
    processor time.
    """

    section = "libraries"
    cost_ms = 450
    record: ClassVar[type[Record]] = UnresolvedFile
    faults = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; it fails where no loader is found."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, UnresolvedFile]:
        """Return the files with what they miss; a message of unknown form is stored whole."""
        missing: dict[str, set[str]] = {}
        for cells in rows(clean(output)):
            match cells:
                case [path, line]:
                    missing.setdefault(path, set()).add(_brief(line))
        return {path: UnresolvedFile(missing=tuple(sorted(what))) for path, what in missing.items()}


def _brief(line: str) -> str:
    if match := _MISSING.fullmatch(line):
        return match[1]
    if match := _VERSION.fullmatch(line):
        return f"{match[1]} ({match[2]})"
    if match := _ERROR.fullmatch(line):
        return match[1]
    return line.strip()
