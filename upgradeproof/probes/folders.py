"""Read the free space of folders, and the speed of their storage if the plan requires it."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any, ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, decoded, number, rows

MEASURED_MIB, MEASURED_S, MEASURE_TIMEOUT_S = 64, 4, 40

_SCRIPT = r"""
there() { p=$1; while [ ! -d "$p" ]; do p=$(dirname "$p"); done; printf '%s' "$p"; }
space() {
  p=$(there "$2")
  printf 'bytes\t%s\t%s\n' "$1" "$(timeout 10 df -P -B 1 -- "$p" 2>/dev/null | tail -n 1)"
  printf 'inodes\t%s\t%s\n' "$1" "$(timeout 10 df -P -i -- "$p" 2>/dev/null | tail -n 1)"
  printf 'type\t%s\t%s\n' "$1" "$(stat -f -c %T -- "$p" 2>/dev/null)"
}
"""
_MEASURE = rf"""
measure() {{
  command -v fio >/dev/null || return
  d=$(mktemp -d "$(there "$2")/upgradeproof.XXXXXX") || return
  output=$(timeout {MEASURE_TIMEOUT_S} fio --name=iops --directory="$d" --rw=randwrite --bs=4k \
    --size={MEASURED_MIB}m --direct=1 --ioengine=libaio --iodepth=32 --runtime={MEASURED_S} \
    --time_based --output-format=json 2>/dev/null) &&
    printf 'fio\t%s\t%s\n' "$1" "$(printf '%s' "$output" | base64 -w 0)"
  rm -rf "$d"
}}
"""
_FREE = re.compile(r".* (\d+|-) +(\d+|-) +(-?\d+|-) +\S+ +/.*")


class Folder(Record):
    """The free space of one folder, or of its nearest parent that exists.

    All of it is volatile.
    """

    volatile: ClassVar[frozenset[str]] = frozenset(
        {"file_system", "total_bytes", "available_bytes", "available_inodes", "write_iops"}
    )
    file_system: str = ""
    """As ``stat -f`` calls it: ``ext2/ext3``, ``tmpfs``, ``overlayfs``..."""
    total_bytes: int | None = None
    available_bytes: int | None = None
    """For an ordinary user; a quota of the folder's tree counts as its end."""
    available_inodes: int | None = None
    """None also where the file system does not count them."""
    write_iops: float | None = None
    """4 KiB writes in a second, at random places and past the page cache, as fio measured them
    while the other probes ran: a lower limit of the storage."""


class Folders(Probe[Folder]):
    """Ask ``df`` for the folders that the plan names, each keyed by its path as the plan has it."""

    section = "folders"
    record: ClassVar[type[Record]] = Folder

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script; storage is only measured where the plan asks, and fio is there."""
        lines = [_SCRIPT]
        for index, path in enumerate(inputs.folders):
            lines.append(f"space {index} {shlex.quote(path)}")
            if path == inputs.measured_folder:
                lines += [_MEASURE, f"measure {index} {shlex.quote(path)}"]
        return "\n".join([*lines, ":"])

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, Folder]:
        """Return the folders; what df or fio did not print is None."""
        facts: dict[int, dict[str, Any]] = {at: {} for at in range(len(inputs.folders))}
        for cells in rows(clean(output)):
            match cells:
                case [what, index, value] if (at := number(index)) in facts:
                    facts[at] |= _fields(what, value)
        return {path: Folder.model_validate(facts[at]) for at, path in enumerate(inputs.folders)}


def _fields(what: str, value: str) -> dict[str, Any]:
    free = _FREE.fullmatch(value)
    match what:
        case "bytes" if free:
            return {
                "total_bytes": number(free[1]),
                "available_bytes": number(free[3]),
            }
        case "inodes" if free and number(free[1]) != 0 and number(free[2]) is not None:
            return {"available_inodes": number(free[3])}
        case "type":
            return {"file_system": value}
        case "fio":
            return {"write_iops": _write_iops(decoded(value))}
    return {}


def _write_iops(value: bytes) -> float | None:
    try:
        return round(float(json.loads(value)["jobs"][0]["write"]["iops"]), 1)
    except (ValueError, LookupError, TypeError):
        return None
