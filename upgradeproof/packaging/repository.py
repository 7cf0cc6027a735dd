"""A signed APT repository as one file, and how a machine takes it in."""

from __future__ import annotations

import hashlib
import io
import shlex
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from upgradeproof.packaging.index import distinct, packages_file, release_file
from upgradeproof.packaging.package import Package
from upgradeproof.packaging.signing import Signer
from upgradeproof.plan.steps import Action, Publish, Script, Upload

FOLDER = "/opt/upgradeproof"
"""Where repositories are on a machine: below, one folder a product."""


@dataclass(frozen=True)
class Repository:
    """A repository of certain packages; its identity does not include the signature."""

    name: str
    packages: tuple[Package, ...]

    @classmethod
    def of(cls, name: str, packages: Sequence[Package]) -> Repository:
        """Return the repository of all these. Raises BuildError when two contradict each other."""
        return cls(name, distinct(packages))

    @property
    def digest(self) -> str:
        """Return the hash of what a machine gets, but for the signature and its key."""
        content = packages_file(self.packages) + self.source
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def source(self) -> str:
        """Return the source that makes APT ask it, and check its signature."""
        folder = f"{FOLDER}/{self.name}"
        return f"Types: deb\nURIs: file:{folder}\nSuites: ./\nSigned-By: {folder}/key.gpg\n"

    def bundle(self, signer: Signer) -> bytes:
        """Return it signed, as a tar. Raises ProgramError when it can't be signed here."""
        index = packages_file(self.packages)
        return _tar(
            {
                **{package.file_name: package.path.read_bytes() for package in self.packages},
                "InRelease": signer.sign(release_file(self.name, index)),
                "Packages": index.encode(),
                "key.gpg": signer.public(),
                f"{self.name}.sources": self.source.encode(),
            }
        )

    def delivery(self, publish: Publish, bundle: Path) -> tuple[Action, ...]:
        """Return what brings the bundle to a machine and makes its APT accept it."""
        there = f"/var/tmp/{self.name}.tar"  # noqa: S108  # the machine's, where we alone are
        return (
            Upload(
                title=f"copy the repository of {self.name}",
                source=bundle,
                path=there,
                mode=0o644,
                owner="root",
                digest=self.digest,
            ),
            Script(
                title=publish.title,
                script=_take_in(self.name, there),
                timeout_s=publish.timeout_s,
                environment="the machine's apt does not accept the repository that we signed: its"
                " reason is above; a machine with a wrong clock is a known one",
                signed_by_us=True,
            ),
        )


def _take_in(name: str, bundle: str) -> str:
    """Return the script that replaces the repository and has APT read it, and nothing else.

    Files get the present time: by that APT sees that a file of the same size has changed.
    """
    folder, source = shlex.quote(f"{FOLDER}/{name}"), shlex.quote(f"{name}.sources")
    listed = f"/etc/apt/sources.list.d/{source}"
    return f"""set -e
rm -rf {folder}
mkdir -p {folder}
tar -x --no-same-owner --touch -f {shlex.quote(bundle)} -C {folder}
rm {shlex.quote(bundle)}
mv {folder}/{source} {listed}
apt-get -q update --error-on=any -o Dir::Etc::sourcelist={listed} \\
  -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0"""


def _tar(files: Mapping[str, bytes]) -> bytes:
    """Return a tar of files that everybody may read: APT fetches as a user of its own."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
