#!/usr/bin/env python3
"""Build the package of one release: the same bytes from the same sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCES = Path(__file__).parent
PROGRAMS = ("bin", "sbin")
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def main() -> None:
    """Build the release that the environment names."""
    version = os.environ["UPGRADEPROOF_RELEASE"]
    with tempfile.TemporaryDirectory(prefix="acmed-") as scratch:
        folder = Path(scratch)
        shutil.copytree(SOURCES / "root", folder, dirs_exist_ok=True)
        folder.chmod(0o755)
        for path in sorted(folder.rglob("*")):
            program = path.is_dir() or path.parent.name in PROGRAMS
            path.chmod(0o755 if program else 0o644)
            if path.is_file():
                text = path.read_text(encoding="utf-8")
                path.write_text(text.replace("@VERSION@", version), encoding="utf-8")
        control = folder / "DEBIAN"
        shutil.copytree(SOURCES / "debian", control)
        control.chmod(0o755)
        for path in control.iterdir():
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("@VERSION@", version), encoding="utf-8")
            path.chmod(0o755 if path.name in SCRIPTS else 0o644)
        argv = ("dpkg-deb", "--root-owner-group", "-Zgzip", "--build", scratch)
        subprocess.run((*argv, os.environ["UPGRADEPROOF_OUT"]), check=True)


if __name__ == "__main__":
    main()
