"""One package file: the fields of its control file, and its sums."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from debian.deb822 import Deb822

from upgradeproof.command import run
from upgradeproof.errors import BuildError, MachineError
from upgradeproof.packaging.build import require

READ_TIMEOUT_S = 30.0
TOOLS = {"dpkg-deb": "dpkg"}


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package, as an APT repository lists it."""

    path: Path
    control: str
    """Its control file, stripped."""
    size: int
    sha256: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """Return name, version and architecture: two packages of one repository differ there."""
        fields = Deb822(self.control)
        return fields["Package"], fields["Version"], fields["Architecture"]

    @property
    def file_name(self) -> str:
        """Return its name in a repository: that of dpkg's own convention."""
        name, version, architecture = self.identity
        return f"{name}_{version.rpartition(':')[2]}_{architecture}.deb"


def read_package(path: Path) -> Package:
    """Return a package. Raises BuildError when the file is none, ProgramError without dpkg."""
    require(TOOLS, "read packages")
    try:
        done = run(["dpkg-deb", "--field", str(path)], timeout_s=READ_TIMEOUT_S)
    except MachineError as error:
        raise BuildError(f"{path.name} is no package", details=error.details) from None
    content = path.read_bytes()
    return Package(
        path=path,
        control=done.text,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
