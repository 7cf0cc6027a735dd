"""Read whether dpkg and apt find their own state sound."""

from __future__ import annotations

from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.text import clean

_SCRIPT = r"""
check() {
  name=$1; shift
  output=$("$@" 2>&1); printf '%s\t%s\n' "$name" $?
  printf '%s\n' "$output" | sed -e '/^Reading /d' -e '/^Building /d' -e '/./!d' -e 's/^/+/'
}
lists() { find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' | grep -q .; }
check dpkg-audit dpkg --audit
check apt-check apt-get -s check -o Dir::State::lists=/nonexistent -o APT::Default-Release= \
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
check interrupted find /var/lib/dpkg/updates -type f
check apt-archives lists
"""


class HealthCheck(Record):
    """The result of one check: sound only with exit status 0 and no output."""

    sound: bool
    output: str = ""


class Health(Probe[HealthCheck]):
    """Ask dpkg and apt about half-configured packages, broken dependencies, interrupted runs.

    ``apt-get check`` is asked without the archives' lists: dependencies of what is installed need
    only dpkg's status, and it answers in 25 ms instead of 450. Without the lists apt would refuse
    a default release of the administrator's, so it is asked without that as well.
    ``apt-archives`` is not sound where apt holds no package lists at all: then no package can be
    known as obsolete.
    """

    section = "health"
    record: ClassVar[type[Record]] = HealthCheck

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; apt is only simulated, so that no lock is taken or waited for."""
        return _SCRIPT

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, HealthCheck]:
        """Return the checks by name."""
        lines: dict[str, list[str]] = {}
        status: dict[str, str] = {}
        name = ""
        for line in output.split("\n"):
            if line.startswith("+"):
                lines.setdefault(name, []).append(clean(line[1:].rstrip()))
            elif "\t" in line:
                name, _, status[name] = line.partition("\t")
        return {
            name: HealthCheck(
                sound=status[name] == "0" and not lines.get(name),
                output="\n".join(lines.get(name, [])),
            )
            for name in status
        }
