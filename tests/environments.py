"""Environments for pytest processes of their own: with the wheel, as a user has them, or bare.

A virtual environment needs no network: its libraries are links to those of the environment of the
tests, except upgradeproof, which is installed from the wheel. A bare engine has no suites.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from collections.abc import Container
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTEST = """#!{python}
import sys
from pytest import console_main
sys.exit(console_main())
"""


def build_wheel(folder: Path) -> Path:
    """Build the checkout's wheel into a folder and return its path."""
    argv = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*argv, str(ROOT)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.iterdir()
    return path


def make_environment(
    environment: Path,
    wheel: Path | None = None,
    *,
    like: Path | None = None,
    without: Container[str] = (),
) -> Path:
    """Make a virtual environment, with the wheel unpacked in it, and return its programs.

    ``like`` is an environment whose upgradeproof is copied instead, with what Python has compiled
    of it; ``without`` names modules that it lacks.
    """
    venv.create(environment, with_pip=False, symlinks=True)
    programs = environment / "bin"
    libraries = environment / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        module = path.name.partition("-")[0].removesuffix(".py")
        if "upgradeproof" not in path.name and module not in without:
            (libraries / path.name).symlink_to(path)
    script = programs / "pytest"
    script.write_text(PYTEST.format(python=programs / "python"), encoding="utf-8")
    script.chmod(0o755)
    if wheel is not None:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(libraries)
    for path in like.glob("lib/python*/site-packages/upgradeproof*") if like else ():
        shutil.copytree(path, libraries / path.name)
    return programs


def link_engine(folder: Path) -> Path:
    """Make a package of the engine's code without the suites below a folder, and return it."""
    package = folder / "upgradeproof"
    package.mkdir(parents=True)
    for path in (ROOT / "upgradeproof").iterdir():
        if path.name not in ("suites", "__pycache__"):
            (package / path.name).symlink_to(path)
    return package


@functools.cache
def bare_engine() -> str:
    """Return a path of Python on which the engine has no suites, so that a cell has few checks."""
    folder = Path(tempfile.mkdtemp(prefix="upgradeproof-"))
    atexit.register(shutil.rmtree, folder)
    return f"{link_engine(folder).parent}{os.pathsep}{ROOT}"
