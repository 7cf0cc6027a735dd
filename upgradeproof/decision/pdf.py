"""The sign-off page as PDF, by a headless Chromium of this host."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from upgradeproof.command import run
from upgradeproof.errors import ProgramError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT_S = 120.0


def browser() -> str | None:
    """Return the path of a Chromium, or None where none is installed."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def print_pdf(page: Path) -> Path:
    """Print a page, and return the path of the PDF next to it.

    Raises ProgramError without a Chromium, MachineError where it fails. Root has to do without its
    sandbox; the page has no script and loads nothing.
    """
    program = browser()
    if program is None:
        raise ProgramError(
            "no Chromium is installed, so the page can't be printed as PDF",
            resolution="install the package chromium, or print the page in a browser",
        )
    target = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        argv = [
            *(program, "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"),
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            *(f"--user-data-dir={profile}", f"--print-to-pdf={target.resolve()}"),
            page.resolve().as_uri(),
        ]
        run(argv, timeout_s=TIMEOUT_S)
    return target
