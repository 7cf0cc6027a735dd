"""Read the running kernel."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.errors import HarnessError
from upgradeproof.probes.attribution import changed_package
from upgradeproof.probes.base import Difference, Facts, Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean, rows

_SCRIPT = r"""
fact() { printf '%s\t%s\n' "$1" "$2"; }
fact release "$(uname -r)"; fact version "$(uname -v)"; fact architecture "$(uname -m)"
fact boot_id "$(cat /proc/sys/kernel/random/boot_id)"
fact taint "$(cat /proc/sys/kernel/tainted)"
fact command_line "$(tr '\t\n' '  ' </proc/cmdline)"
fact uptime_s "$(cut -d ' ' -f 1 /proc/uptime)"
for image in /boot/vmlinuz-*; do [ ! -e "$image" ] || fact image "${image#/boot/vmlinuz-}"; done
exit 0
"""


class RunningKernel(Record):
    """The kernel; in a container it is the host's."""

    volatile: ClassVar[frozenset[str]] = frozenset({"boot_id", "uptime_s"})
    release: str
    """As ``uname -r`` prints it: ``6.1.0-44-cloud-amd64``."""
    version: str
    architecture: str
    taint: int = 0
    """Bits of ``/proc/sys/kernel/tainted``; a failed module load taints too."""
    images: tuple[str, ...] = ()
    """Releases with an image in ``/boot``: those that a next boot could run."""
    parameters: tuple[str, ...] = ()
    """The words of its command line, but for the files that it was started from: those change with
    every kernel."""
    boot_id: str = ""
    uptime_s: float = 0.0


class Kernel(Probe[RunningKernel]):
    """Read one record, keyed ``running``."""

    section = "kernel"
    record: ClassVar[type[Record]] = RunningKernel

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, RunningKernel]:
        """Return the kernel. Raises HarnessError if it does not report its release."""
        facts: dict[str, object] = {}
        images = []
        for cells in rows(clean(output)):
            match cells:
                case ["image", release]:
                    images.append(release)
                case ["command_line", line]:
                    facts["parameters"] = _parameters(line)
                case [name, value]:
                    facts[name] = value
        facts["images"] = tuple(sorted(images))
        try:
            return {"running": RunningKernel.model_validate(facts)}
        except ValueError as error:
            raise HarnessError("/proc does not describe the kernel", details=str(error)) from None

    @classmethod
    def explain(cls, line: Difference, before: Facts, after: Facts, /) -> str:
        """Explain images that came with packages, next to those that were there before."""
        if line.path != f"{cls.section}/running/images":
            return ""
        old, new = (set(facts[cls]["running"].images) for facts in (before, after))
        packages = [f"linux-image-{release}" for release in sorted(new - old)]
        changes = [changed_package(name, before, after) for name in packages]
        if old - new or not all(changes):
            return ""
        return "; ".join(f"{name} {change}" for name, change in zip(packages, changes, strict=True))


def _parameters(command_line: str) -> tuple[str, ...]:
    return tuple(
        word for word in command_line.split() if not word.startswith(("BOOT_IMAGE=", "initrd="))
    )
