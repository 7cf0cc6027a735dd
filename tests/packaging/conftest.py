"""A small product whose packages are built by the real tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from upgradeproof.packaging import Packager
from upgradeproof.plan import Plan

BUILD = """
mkdir -p stage/DEBIAN stage/usr/share/thing
echo "this is $UPGRADEPROOF_RELEASE" >stage/usr/share/thing/version
printf '%s\\n' 'Package: thing' "Version: $UPGRADEPROOF_RELEASE" 'Architecture: all' \\
  'Maintainer: a <a@b.test>' 'Description: x' >stage/DEBIAN/control
dpkg-deb --root-owner-group -Zgzip --build stage "$UPGRADEPROOF_OUT"
"""
NewPlan = Callable[..., Plan]


@pytest.fixture
def packager(tmp_path: Path) -> Packager:
    """Return a packager with an empty cache."""
    return Packager(tmp_path / "cache")


@pytest.fixture
def new_plan(tmp_path: Path) -> NewPlan:
    """Return a function that writes a product's sources and returns its plan."""

    def new(build: str = BUILD, **packages: Any) -> Plan:
        sources = tmp_path / "product" / "sources"
        sources.mkdir(parents=True, exist_ok=True)
        (sources / "build.sh").write_text(f"set -e\n{build}", encoding="utf-8")
        publish = {"step": "apt-repository"}
        install = {"step": "apt-install", "packages": ["thing"]}
        return Plan.model_validate(
            {
                "name": "thing",
                "release": [{"name": n, "packages": {"thing": n}} for n in ("1", "2")],
                "packages": {"sources": "sources", "build": ["sh", "build.sh"], **packages},
                "install": [publish, install],
                "upgrade": [
                    {"from": "1", "to": "2", "platforms": ["*"], "steps": [publish, install]}
                ],
            }
        ).model_copy(update={"folder": tmp_path / "product"})

    return new
