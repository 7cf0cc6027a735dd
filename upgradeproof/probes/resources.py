"""Read what the machine has been given: processor cores and memory."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, number, rows

_SCRIPT = r"""
fact() { [ ! -r "$2" ] || { read -r line <"$2"; printf '%s\t%s\n' "$1" "$line"; }; }
printf 'cores\t%s\n' "$(nproc)"
fact memory /proc/meminfo
fact limit /sys/fs/cgroup/memory.max
fact limit /sys/fs/cgroup/memory/memory.limit_in_bytes
fact share /sys/fs/cgroup/cpu.max
fact quota /sys/fs/cgroup/cpu/cpu.cfs_quota_us
fact period /sys/fs/cgroup/cpu/cpu.cfs_period_us
exit 0
"""


class Given(Record):
    """Cores and memory, as far as the machine may use them. Volatile: its host gives them."""

    volatile: ClassVar[frozenset[str]] = frozenset({"cores", "memory_bytes"})
    cores: float | None = None
    """A control group's share of the processors counts: ``1.5`` is possible."""
    memory_bytes: int | None = None
    """Without what the kernel keeps for itself; the limit of a control group counts."""


class Resources(Probe[Given]):
    """Read one record, keyed ``given``."""

    section = "resources"
    record: ClassVar[type[Record]] = Given

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; both versions of control groups are asked."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, Given]:
        """Return what was given; ``max``, ``-1`` and what is no number are no limit."""
        printed: dict[str, list[str]] = {}
        for cells in rows(clean(output)):
            match cells:
                case [name, line]:
                    printed[name] = line.split()
        cores = [number(_word(printed, "cores", 0)), _share(printed)]
        kib = number(_word(printed, "memory", 1))
        memory = [kib * 1024 if kib else None, number(_word(printed, "limit", 0))]
        return {
            "given": Given(
                cores=min((n for n in cores if n), default=None),
                memory_bytes=min((n for n in memory if n), default=None),
            )
        }


def _share(printed: dict[str, list[str]]) -> float | None:
    """Return how many processors a control group may keep busy, or None: all of them."""
    quota = number(_word(printed, "share", 0)) or number(_word(printed, "quota", 0))
    period = number(_word(printed, "share", 1)) or number(_word(printed, "period", 0))
    return round(quota / period, 2) if quota and period else None


def _word(printed: dict[str, list[str]], name: str, at: int) -> str:
    words = printed.get(name, [])
    return words[at] if at < len(words) else ""
