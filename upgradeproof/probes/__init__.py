"""Probes read one kind of fact from a machine; they never judge.

A probe is one file in this folder: a frozen ``Record``, and a ``Probe`` of it with a POSIX shell
script and a pure parser. Discovery finds it; its class is also the key to its facts::

    upgraded[Packages]["nginx"].version
"""

from upgradeproof.probes.base import Difference, Facts, Probe, Record, diff, every_probe, in_diffs
from upgradeproof.probes.inputs import CommandInput, ConfigInput, ProbeInputs, TlsInput
from upgradeproof.probes.reading import ordinary_probes, read

__all__ = [
    "CommandInput",
    "ConfigInput",
    "Difference",
    "Facts",
    "Probe",
    "ProbeInputs",
    "Record",
    "TlsInput",
    "diff",
    "every_probe",
    "in_diffs",
    "ordinary_probes",
    "read",
]
