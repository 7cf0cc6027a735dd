"""The output of scripts, for the tests of several probes.

The files of the kernel's sections are written by hand in the tools' known formats, and are to be
replaced by what virtual machines really print.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "captured"


def captured(section: str) -> str:
    """Return the output of the script of a section."""
    return (FOLDER / f"{section}.txt").read_text(encoding="utf-8")
