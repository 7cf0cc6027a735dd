"""Remove the control sequences of a terminal from text that a machine printed."""

from __future__ import annotations

import re

_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # OSC, DCS and the like: titles, links
    r"|\x1b[ -/]*[0-~]",  # every other escape
    re.MULTILINE,
)


def without_sequences(text: str) -> str:
    """Return text without control sequences; one that is cut off ends with its line."""
    return _SEQUENCES.sub("", text)
