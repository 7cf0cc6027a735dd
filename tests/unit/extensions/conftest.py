"""A project of its own, and installed packages with entry points."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.unit.plugin.project import IMAGE
from upgradeproof.extensions import open_project

Install = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """Return the folder of an open project; afterwards none is open."""
    folder = tmp_path / "project"
    write(folder, {"images/base-1.toml": IMAGE})
    open_project(folder)
    yield folder
    open_project()


@pytest.fixture
def install(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return what installs a package: its files, and the entry points that it has by group."""
    before = set(sys.modules)

    def installed(name: str, points: Mapping[str, str], files: Mapping[str, str]) -> Path:
        site = tmp_path / f"site-{name}"
        about = site / f"{name}-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = (f"[{group}]\n{point}\n" for group, point in points.items())
        (about / "entry_points.txt").write_text("".join(lines))
        write(site, files)
        monkeypatch.syspath_prepend(str(site))
        return site

    yield installed
    for module in set(sys.modules) - before:
        del sys.modules[module]


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files with their folders."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
