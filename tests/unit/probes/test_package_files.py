"""The files of the packages under test, read from apt's lists."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.package_files import PackageFile, PackageFiles

SUM, OTHER = "a" * 64, "b" * 64
INPUTS = ProbeInputs(packages=("thing", "data"))


def parse(text: str) -> dict[str, PackageFile]:
    return PackageFiles.parse(text, INPUTS)


def test_a_file_has_the_checksum_of_the_signed_lists() -> None:
    found = parse(f"file\tthing\t1:2.0-1\tamd64\t\nfile\tthing\t1:2.0-1\tamd64\t{SUM}\n")
    assert found == {"thing": PackageFile(version="1:2.0-1", architecture="amd64", sha256=SUM)}


def test_a_package_of_no_list_has_no_checksum() -> None:
    found = parse("file\tthing\t2.0\tall\t\nfile\tthing\t2.0\tall\tnonsense\nfile\tx\n")
    assert found == {"thing": PackageFile(version="2.0", architecture="all")}


def test_a_version_with_two_files_has_no_checksum() -> None:
    found = parse(f"file\tthing\t2.0\tall\t{SUM}\nfile\tthing\t2.0\tall\t{OTHER}\n")
    assert found["thing"].sha256 == ""


def test_without_packages_no_list_is_read() -> None:
    assert PackageFiles.script(ProbeInputs()) == ":"


def test_the_script_asks_for_the_installed_versions_alone(tmp_path: Path) -> None:
    """The fake programs of dpkg and apt print the output of the real ones."""
    stanza = "Package: thing\nVersion: 2.0-1\nArchitecture: amd64\nSHA256: " + SUM + "\n"
    for name, text in {
        "dpkg-query": "printf 'installed\\tthing=2.0-1\\nconfig-files\\tdata=1\\n'",
        "apt-cache": f"echo \"$@\" >{tmp_path}/asked; printf '%s\\n' '{stanza}'",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", PackageFiles.script(INPUTS)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert (tmp_path / "asked").read_text() == "show --no-all-versions thing=2.0-1\n"
    assert parse(done.stdout) == {
        "thing": PackageFile(version="2.0-1", architecture="amd64", sha256=SUM)
    }
