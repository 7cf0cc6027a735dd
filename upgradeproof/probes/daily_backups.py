"""The backups in ``/var/backups`` that daily jobs make, rotate and remove at any time of a run."""

from __future__ import annotations

import re

from upgradeproof.probes.file_records import File

_NAME = re.compile(
    r"/var/backups/(?:dpkg\.(?:arch|diversions|statoverride|status)|alternatives\.tar"
    r"|apt\.extended_states)(?:\.\d+(?:\.\w+)?)?"
)


def is_daily_backup(path: str, file: File | None) -> bool:
    """Return whether it is a plain file of root's that the jobs of dpkg and apt make."""
    plain = file is not None and (file.type, file.owner, file.privileged) == ("file", "root", False)
    return bool(plain and _NAME.fullmatch(path))
