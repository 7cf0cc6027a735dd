"""Virtual environments in which the wheel is installed, as a user has them.

They need no network: their libraries are links to those of the environment of the tests, except
upgradeproof, which is installed from the wheel.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
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


def make_environment(environment: Path, wheel: Path | None = None) -> Path:
    """Make a virtual environment, with the wheel unpacked in it, and return its programs."""
    venv.create(environment, with_pip=False, symlinks=True)
    programs = environment / "bin"
    libraries = environment / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "upgradeproof" not in path.name:
            (libraries / path.name).symlink_to(path)
    script = programs / "pytest"
    script.write_text(PYTEST.format(python=programs / "python"), encoding="utf-8")
    script.chmod(0o755)
    if wheel is not None:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(libraries)
    return programs
