"""Read which modules DKMS has built, and for which kernels."""

from __future__ import annotations

import re
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.own_kernel import OWN_KERNEL
from upgradeproof.probes.text import clean

LOG_LINES = 30
"""How many last lines of each build are stored: a compiler's error and make's own."""

_SCRIPT = r"""
command -v dkms >/dev/null || exit 0
timeout 90 dkms status 2>&1 | sed 's/^/status\t/'
for log in /var/lib/dkms/*/*/build/make.log /var/lib/dkms/*/*/*/*/log/make.log; do
  [ -r "$log" ] || continue
  printf 'log\t%s\n' "$log"
  tail -n LINES "$log" | sed 's/^/+/'
done
exit 0
"""
_STATUS = re.compile(
    r"(?P<name>[^\s,/]+)(?:/|, )(?P<version>[^\s,:/]+)"
    r"(?:, (?P<kernel>[^\s,]+), (?P<architecture>[^\s,:]+))?: (?P<state>[a-z]+)\b\s*(?P<note>.*)"
)
_LOG = re.compile(r"/var/lib/dkms/([^/]+)/([^/]+)/(?:build|([^/]+)/[^/]+/log)/make\.log")


_NOISE = ("Deprecated", "dkms.conf: Warning", "readelf: Warning")
"""Lines that are not about a module, such as those of binutils about debug sections."""


class DkmsModule(Record):
    """One module for one kernel; the words are those of ``dkms status``."""

    volatile: ClassVar[frozenset[str]] = frozenset({"log"})
    name: str
    version: str
    kernel: str = ""
    """Empty for a module that was added and built for no kernel."""
    architecture: str = ""
    state: str
    """``added``, ``built``, ``installed``, ``broken``; ``unreadable`` for any other line."""
    note: str = ""
    """What DKMS adds, such as ``(WARNING! Diff between built and installed module!)``."""
    log: str = ""
    """The end of the last build's log."""


class Dkms(Probe[DkmsModule]):
    """Read the modules, keyed ``name/version/kernel``, or ``name/version`` if built for none.

    A machine without DKMS has none, and neither has a container.
    """

    section = "dkms"
    record: ClassVar[type[Record]] = DkmsModule
    on_disk = True

    @classmethod
    def script(cls, _inputs: ProbeInputs, /) -> str:
        """Return the script; ``dkms status`` itself takes most of its time."""
        return OWN_KERNEL + _SCRIPT.replace("LINES", str(LOG_LINES))

    @classmethod
    def parse(cls, output: str, _inputs: ProbeInputs, /) -> dict[str, DkmsModule]:
        """Return the modules, from the words of DKMS 2 and 3; another line becomes a record too."""
        lines: list[str] = []
        logs: dict[tuple[str, str, str], list[str]] = {}
        current: list[str] = []
        for line in clean(output).split("\n"):
            if line.startswith("status\t"):
                lines.append(line.partition("\t")[2].strip())
            elif line.startswith("log\t"):
                match = _LOG.fullmatch(line.partition("\t")[2])
                key = (match[1], match[2], match[3] or "") if match else ("", "", "")
                current = logs.setdefault(key, [])
            elif line.startswith("+"):
                current.append(line[1:])
        records = {}
        for line in filter(None, lines):
            status = _STATUS.fullmatch(line)
            if status is None:
                if not line.startswith(_NOISE):
                    records[line] = DkmsModule(name="", version="", state="unreadable")
                continue
            fields = {name: value or "" for name, value in status.groupdict().items()}
            name, version, kernel = fields["name"], fields["version"], fields["kernel"]
            log = logs.get((name, version, "")) or logs.get((name, version, kernel)) or []
            records["/".join(filter(None, (name, version, kernel)))] = DkmsModule(
                **fields, log="\n".join(log)
            )
        return records
