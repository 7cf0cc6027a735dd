"""Names of a captured server are words in the scripts of its twin, and never commands."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.capture.examples import captured
from upgradeproof.capture.accounts import choices_script, services_script
from upgradeproof.capture.reader import Captured
from upgradeproof.capture.sources import keep_reachable_script
from upgradeproof.capture.stream import escaped
from upgradeproof.probes import Facts
from upgradeproof.probes.packages import Package
from upgradeproof.probes.services import Service

NAMES = ["a'$(touch ran)'", "a$(touch ran)", "a; touch ran; ", "a`touch ran`"]


def run(script: str, folder: Path) -> str:
    """Run a script whose programs all fail, and return what it prints."""
    for name in ("apt-get", "apt-mark", "systemctl", "sysctl", "usermod", "update-alternatives"):
        (folder / name).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    environment = {"PATH": f"{folder}:/usr/bin:/bin"}
    return subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env=environment,
        timeout=20,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def server(name: str) -> Captured:
    facts = Facts(
        {
            "packages": {name: Package(version="1", state="install ok installed")},
            "services": {f"{name}.service": Service(enabled="enabled", active="active")},
        }
    )
    return replace(captured(), facts=facts)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_apt_with_any_name_is_left_out(tmp_path: Path, name: str) -> None:
    there = tmp_path / f"{name}.list"
    there.touch()
    printed = run(keep_reachable_script([escaped(str(there))]), tmp_path)
    assert printed == f"{there}: can not be fetched here, and is left out\n"
    assert there.with_name(f"{there.name}.left-out").exists()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_unit_or_a_package_is_a_command(tmp_path: Path, name: str) -> None:
    printed = run(services_script(server(name)), tmp_path)
    assert printed == f"not started: {name}.service\n"
    run(choices_script(server(name), boots=False), tmp_path)
    assert not (tmp_path / "ran").exists()
