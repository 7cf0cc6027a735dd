"""Store the text of a file in a record, and show two of them as a unified diff."""

from __future__ import annotations

import base64
import binascii
import difflib
import zlib
from functools import lru_cache

from upgradeproof.probes.secrets import masked_text
from upgradeproof.probes.text import clean

LINES, COLUMNS = 60, 240
"""The size of a diff, at most: it has to be read, and a page holds hundreds."""
LINES_OF_THE_EXPECTED = 20
_MAXIMUM_BYTES = 262_144


@lru_cache(maxsize=1024)
def packed(content: bytes) -> str:
    """Return the text of a file, secrets masked, as base64 of its compressed bytes.

    What is no UTF-8 has a replacement character, what upsets a terminal too. Most files are the
    same in every state of a cell: to mask those of 250 packages takes 0.15 s.
    """
    text = masked_text(clean(content.decode("utf-8", "replace").replace("\r\n", "\n")), marks=False)
    return base64.b64encode(zlib.compress(text.encode("utf-8"))).decode("ascii")


def unpacked(stored: str) -> str:
    """Return the text that ``packed`` stored; empty for anything else."""
    try:
        text = zlib.decompressobj().decompress(base64.b64decode(stored), _MAXIMUM_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        return ""
    return text.decode("utf-8", "replace")


def only_comments_differ(before: str, after: str) -> bool:
    """Return whether two stored texts differ in comments and empty lines alone.

    A comment begins with ``#``, but for the first line of a script. Of a text that holds a secret
    this is not known, since a secret's value is not stored.
    """
    was, now = (_effective(unpacked(text)) for text in (before, after))
    return bool(before and after) and was == now and "(secret)" not in "".join(was)


def _effective(text: str) -> list[str]:
    lines = (line.strip() for line in text.split("\n"))
    return [line for line in lines if line and (line[:2] == "#!" or line[0] != "#")]


def unified(before: str, after: str) -> str:
    """Return the unified diff of two stored texts, without its head, or why there is none.

    Long lines and long diffs are cut, with a mark.
    """
    if not before or not after:
        return ""
    was, now = (unpacked(text).split("\n") for text in (before, after))
    lines = list(difflib.unified_diff(was, now, n=2, lineterm=""))[2:]
    if not lines:
        return "only what is masked as a secret changed"
    return shortened(
        "\n".join(line if len(line) <= COLUMNS else f"{line[:COLUMNS]}..." for line in lines), LINES
    )


def shortened(diff: str, limit: int = LINES_OF_THE_EXPECTED) -> str:
    """Return the first lines of a diff, and how many more there are."""
    lines = diff.split("\n")
    more = [f"({len(lines) - limit} more lines)"] if len(lines) > limit else []
    return "\n".join([*lines[:limit], *more])
