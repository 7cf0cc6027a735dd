"""A first plan and a first suite, for ``upgradeproof init``."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from upgradeproof.errors import PlanError

FILES = {"upgrade.toml": "upgrade.toml", "test_upgrade.py": "test_upgrade.py.txt"}
"""What is written, and the template that it is written from."""


def write_starter(folder: Path) -> list[Path]:
    """Write the files and return their paths. Raises PlanError rather than overwrite one."""
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise PlanError(
            f"{folder / there[0]} already exists, and nothing was written",
            resolution="run `upgradeproof init` in an empty folder",
        )
    templates = resources.files("upgradeproof") / "starter_templates"
    written = []
    for name, template in FILES.items():
        path = folder / name
        path.write_text((templates / template).read_text(encoding="utf-8"), encoding="utf-8")
        written.append(path)
    return written
