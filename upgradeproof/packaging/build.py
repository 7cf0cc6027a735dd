"""Run a product's own build, for one release, in a copy of its sources."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from upgradeproof.command import run
from upgradeproof.errors import BuildError, CommandTimeoutError, MachineError, ProgramError
from upgradeproof.plan.packages import OwnPackages

EPOCH_S = 1_700_000_000
"""The date of everything that is built, in seconds: a build may not depend on its date."""


def build(recipe: OwnPackages, release: str, folder: Path, out: Path) -> None:
    """Build a release's packages from the sources in ``folder`` into ``out``.

    Raises ProgramError when this host lacks a program, BuildError when the build fails, hangs or
    gives nothing.
    """
    require(recipe.programs, "build its packages")
    out.mkdir()
    try:
        run(recipe.build, timeout_s=recipe.timeout_s, env=environment(release, out), cwd=folder)
    except CommandTimeoutError as error:
        raise BuildError(
            f"the build of the release {release} did not end in {recipe.timeout_s:g} s",
            details=error.details,
            resolution="fix it, or increase `timeout_s` of [packages]",
        ) from None
    except MachineError as error:
        raise BuildError(
            f"the release {release} does not build: {error.brief}",
            details=error.details,
            resolution="fix the sources; the command is `build` of [packages] in the plan",
        ) from None
    if not any(out.glob("*.deb")):
        raise BuildError(
            f"the build of the release {release} gave no package",
            resolution="it must leave *.deb files in the folder that UPGRADEPROOF_OUT names",
        )


def environment(release: str, out: Path) -> dict[str, str]:
    """Return the environment of a build; ``python3`` is there the one that runs us."""
    return {
        "LC_ALL": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SOURCE_DATE_EPOCH": str(EPOCH_S),
        "TZ": "UTC",
        "UPGRADEPROOF_OUT": str(out),
        "UPGRADEPROOF_RELEASE": release,
    }


def require(programs: Mapping[str, str], purpose: str) -> None:
    """Raise ProgramError, once, naming every program that is missing and its package."""
    missing = {name: package for name, package in programs.items() if not shutil.which(name)}
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise ProgramError(
            f"{', '.join(missing)} {verb} not installed: this host can't {purpose}",
            resolution=f"apt-get install {' '.join(sorted(set(missing.values())))}",
        )
