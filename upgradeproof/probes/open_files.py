"""Read the files that the plan's services have open for writing."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Mapping
from typing import ClassVar

from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, rows
from upgradeproof.probes.unit_shell import INSTANCES, PROCESSES

# The service that takes the messages of all others is left out: its files are those of log_flow,
# and it opens each of them with the first message.
_SCRIPT = r"""
main=$(systemctl show --value --property=Id syslog.service 2>/dev/null)
for unit in $units; do
  [ "$unit" != "$main" ] || continue
  for folder in $(processes "${unit%.service}.service" 'INSTANCES'); do
    grep -lsE '^flags:[[:space:]]*[0-7]*[12]$' "$folder"/fdinfo/* | while IFS= read -r info; do
      file=$(readlink "$folder/fd/${info##*/}") || continue
      case $file in
        */*' (deleted)') ;;
        /var/log/* | /srv/* | /home/* | /opt/*)
          [ ! -f "$file" ] || printf 'open\t%s\t%s\n' "$unit" "$file" ;;
      esac
    done
  done
done | sort -u | head -n 1000
exit 0
""".replace("INSTANCES", INSTANCES)


_SPOKEN = re.compile("[A-Za-z]?[a-z]+")
"""A word such as ``errors``; of two random ones, one has a digit or another character as a rule."""
RANDOM_WORD = 5
"""Letters of a random word, at least: each sequence of digits in it counts as one."""


class OpenFile(Record):
    """One file that is open for writing."""

    volatile: ClassVar[frozenset[str]] = frozenset({"units"})
    units: tuple[str, ...]
    """Units of the plan whose processes hold it. A check compares them by the plan's names."""


class OpenFiles(Probe[OpenFile]):
    """Read files below ``/var/log``, ``/srv``, ``/home`` and ``/opt``.

    The key is the path, its numbers replaced by ``N``: a file may be named after a day or a
    version.
    """

    section = "open_files"
    record: ClassVar[type[Record]] = OpenFile
    intrusive = True

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Return that the file has another word in its name at each start of the service."""
        path = line.path.removeprefix(f"{cls.section}/")
        old, new = before[cls], after[cls]
        other = other_name(path, old, new) if path in old else other_name(path, new, old)
        return f"the file is named {other} at another start" if other else ""

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; it is read after the services were used."""
        return f"units={shlex.quote(' '.join(inputs.services))}\n{PROCESSES}{_SCRIPT}"

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, OpenFile]:
        """Return the files by their path."""
        found: dict[str, set[str]] = defaultdict(set)
        for cells in rows(clean(output)):
            match cells:
                case ["open", unit, path]:
                    found[re.sub(r"\d+", "N", path)].add(unit)
        return {path: OpenFile(units=tuple(sorted(units))) for path, units in found.items()}


def other_name(path: str, here: Mapping[str, OpenFile], there: Mapping[str, OpenFile]) -> str:
    """Return the name that a file has in another state, or "": a random word of it may differ.

    Both files are in the same folder and held by the same units, and each in one state only.
    """
    if path in there or path not in here:
        return ""
    return next(
        (
            other
            for other, file in there.items()
            if other not in here
            and set(file.units) & set(here[path].units)
            and _differ_in_one_word(path, other)
        ),
        "",
    )


def _differ_in_one_word(path: str, other: str) -> bool:
    words, others = re.split(r"[-.]", path), re.split(r"[-.]", other)
    pairs = [(one, two) for one, two in zip(words, others, strict=False) if one != two]
    if len(words) != len(others) or len(pairs) != 1:
        return False
    return all(len(word) >= RANDOM_WORD and "/" not in word for word in pairs[0]) and not all(
        map(_SPOKEN.fullmatch, pairs[0])
    )
