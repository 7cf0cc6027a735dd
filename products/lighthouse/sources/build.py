#!/usr/bin/env python3
"""Build the packages of one release, for every architecture: the same bytes from the same sources.

    UPGRADEPROOF_RELEASE=1.2.8 UPGRADEPROOF_OUT=out SOURCE_DATE_EPOCH=1700000000 ./build.py

A release is a file in ``releases/``, with the values that differ from release to release. A package
is a folder with ``debian/`` (its control files) and ``root/`` (the files that it installs).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent
COMPILERS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
"""The architectures, each with the triplet in the names of its compiler and its library folder."""
FLAGS = (
    *("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"),
    # The library does not link the C library, and contains no place or time of its build.
    *("-shared", "-fPIC", "-nostdlib", "-ffreestanding", "-fno-stack-protector"),
    *("-Wl,-soname,liblighthouse.so.1", "-Wl,--build-id=none", "-Wl,-z,relro,-z,now", "-s"),
)
MAINTAINER_SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def main() -> None:
    """Build every package of the release that the environment names."""
    out = Path(os.environ["UPGRADEPROOF_OUT"])
    file = SOURCES / "releases" / f"{os.environ['UPGRADEPROOF_RELEASE']}.toml"
    release = tomllib.loads(file.read_text(encoding="utf-8"))
    for architecture in COMPILERS:
        build_library(release, architecture, out)
    build_package("lighthouse-config", release, out)
    build_package("lighthouse-agent", release, out)


def build_library(release: dict[str, Any], architecture: str, out: Path) -> None:
    """Build the library's package for one architecture."""
    triplet = COMPILERS[architecture]
    with staging("liblighthouse") as folder:
        library = Path(folder, "usr/lib", triplet, f"liblighthouse.so.{release['version']}")
        library.parent.mkdir(parents=True)
        source = SOURCES / "liblighthouse" / "lighthouse.c"
        version = f'-DLIGHTHOUSE_VERSION="{release["version"]}"'
        run(f"{triplet}-gcc", *FLAGS, version, "-o", str(library), str(source))
        library.with_name("liblighthouse.so.1").symlink_to(library.name)
        pack("liblighthouse", release["version"], architecture, Path(folder), out)


def build_package(name: str, release: dict[str, Any], out: Path) -> None:
    """Build a package that is the same on every architecture."""
    with staging(name) as folder:
        shutil.copytree(SOURCES / name / "root", folder, dirs_exist_ok=True)
        if name == "lighthouse-config":
            properties = Path(folder, "usr/lib/lighthouse/lighthouse/release.json")
            properties.write_text(json.dumps(release, indent=1) + "\n", encoding="utf-8")
        pack(name, release["version"], "all", Path(folder), out)


def pack(name: str, version: str, architecture: str, folder: Path, out: Path) -> None:
    """Make a package of a staged folder."""
    licence = folder / "usr/share/doc" / name / "copyright"
    licence.parent.mkdir(parents=True)
    shutil.copyfile(SOURCES / "copyright", licence)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            program = path.is_dir() or path.parent.name in ("bin", "sbin")
            path.chmod(0o755 if program else 0o644)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    size_kb = -(-sum(path.stat().st_size for path in files) // 1024)
    values = {"@VERSION@": version, "@ARCHITECTURE@": architecture, "@SIZE@": str(size_kb)}
    control = folder / "DEBIAN"
    control.mkdir(mode=0o755)
    (control / "md5sums").write_text(
        "".join(f"{md5(path)}  {path.relative_to(folder)}\n" for path in files)
    )
    for source in (SOURCES / name / "debian").iterdir():
        text = source.read_text(encoding="utf-8")
        for mark, value in values.items():
            text = text.replace(mark, value)
        (control / source.name).write_text(text, encoding="utf-8")
    for path in control.iterdir():
        path.chmod(0o755 if path.name in MAINTAINER_SCRIPTS else 0o644)
    # gzip: the dpkg of every supported release reads it, and its output is reproducible.
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "--build", str(folder), str(out))


def staging(name: str) -> tempfile.TemporaryDirectory[str]:
    """Return a folder to stage a package in; its mode is that of the root of the file system."""
    folder = tempfile.TemporaryDirectory(prefix=f"{name}-")
    Path(folder.name).chmod(0o755)
    return folder


def md5(path: Path) -> str:
    """Return the checksum that `dpkg --verify` compares with."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def run(*argv: str) -> None:
    """Run a program; if it fails, its own output explains why."""
    subprocess.run(argv, check=True)


if __name__ == "__main__":
    main()
