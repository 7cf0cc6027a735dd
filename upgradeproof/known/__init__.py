"""Known changes: what a distribution, a kernel or a daemon changes in every upgrade, as data.

One TOML file holds the changes of one step, such as Debian 12 to 13. A file is
selected by what the machines report that they are, never by a plan's names of its releases. Each
entry is narrow and has a reason and a source: it must not hide what an administrator has to see.
"""

from upgradeproof.known.files import (
    DiffLine,
    KnownEntry,
    KnownFile,
    KnownFiles,
    KnownStep,
    check_selection,
    read_known,
)
from upgradeproof.known.selection import Identity, Known, select

__all__ = [
    "DiffLine",
    "Identity",
    "Known",
    "KnownEntry",
    "KnownFile",
    "KnownFiles",
    "KnownStep",
    "check_selection",
    "read_known",
    "select",
]
