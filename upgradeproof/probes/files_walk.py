"""The script that walks the file tree of a machine, for the probe ``files``."""

from __future__ import annotations

from pathlib import Path

from upgradeproof.probes.merged_usr import MERGED_USR

WALK_LIMIT_S = 90
"""A walk that takes longer stops with what it has, and reports that."""
HASH_LIMIT_BYTES = 1_048_576
"""Of a larger file only the size is read."""
TEXT_LIMIT_BYTES = 65_536
"""Of a larger file no text is stored."""
TEXT_TOTAL_BYTES = 4_194_304
FOLD_LIMIT = 300
"""A directory with more entries that no package owns is read as a whole."""
RECORD_LIMIT = 2000
"""A folder of the second level, such as ``/srv/app``, with more of these is read as a whole."""
PARTS_LIMIT = 100
"""Of a folder that is read as a whole, so many subfolders with the most files are counted."""

_PERL = Path(__file__).with_suffix(".pl").read_text(encoding="utf-8")

SCRIPT = (
    "timeout 150 perl - <<'END_OF_WALK'\n"
    + _PERL.replace("@MERGED_USR@\n", MERGED_USR)
    .replace("@LIMIT@", str(WALK_LIMIT_S))
    .replace("@HASH_LIMIT@", str(HASH_LIMIT_BYTES))
    .replace("@TEXT_LIMIT@", str(TEXT_LIMIT_BYTES))
    .replace("@TEXT_TOTAL@", str(TEXT_TOTAL_BYTES))
    .replace("@RECORDS@", str(RECORD_LIMIT))
    .replace("@FOLD@", str(FOLD_LIMIT))
    .replace("@PARTS@", str(PARTS_LIMIT))
    + "END_OF_WALK\n"
)
"""Lines of words that are separated by a space: ``file``, ``have``, ``fold``, ``parts``, ``sum``,
``ucf``, ``brought``, ``text`` and ``stopped``."""
