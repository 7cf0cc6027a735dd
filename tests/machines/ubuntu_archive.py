"""A small signed archive on 127.0.0.1 with the layout of Ubuntu's, made of packages of Debian 13.

One suite holds the release and others its pockets, packages are in two components, and
architectures other than the usual one are in an archive of their own.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from docker.models.containers import Container

from upgradeproof.packaging.package import Package, read_package
from upgradeproof.packaging.signing import Signer

MAIN, PORTS = "ubuntu", "ubuntu-ports"
POCKETS = ("noble", "noble-updates", "noble-security")
IN_SECURITY = "procps"
"""The package that only the pocket of security updates has."""
IN_UNIVERSE = "iproute2"
"""The package that only the second component has."""


@dataclass
class Served:
    """The archive while it is served."""

    url: str
    keyring: Path
    asked: list[str] = field(default_factory=list)
    """The paths that were requested."""


def packages_of(machine: Container, folder: Path) -> list[Package]:
    """Download every package that a container has installed, as its archive has it now."""
    script = (
        "apt-get update -qq --error-on=any && mkdir -p /tmp/debs && cd /tmp/debs && "
        "dpkg-query -W -f '${Package}\\n' | xargs apt-get download -qq"
    )
    done = machine.exec_run(["sh", "-c", script])
    assert done.exit_code == 0, done.output
    chunks, _ = machine.get_archive("/tmp/debs")
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as packed:
        packed.extractall(folder, filter="data")
    return [read_package(path) for path in sorted((folder / "debs").glob("*.deb"))]


def write_archive(root: Path, packages: Iterable[Package], signer: Signer) -> None:
    """Write both archives below a folder; that of the other architectures has no package."""
    found = {package.identity[0]: package for package in packages}
    pool = root / MAIN / "pool"
    pool.mkdir(parents=True)
    for package in found.values():
        (pool / package.file_name).hardlink_to(package.path)
    for pocket in POCKETS:
        there = {
            name: package
            for name, package in found.items()
            if (name == IN_SECURITY) == (pocket == "noble-security") and pocket != "noble-updates"
        }
        universe = [there.pop(name) for name in (IN_UNIVERSE,) if name in there]
        components = {"main": [*there.values()], "universe": universe}
        _write_suite(root / MAIN, pocket, "amd64", components, signer)
        _write_suite(root / PORTS, pocket, "arm64", {"main": [], "universe": []}, signer)


def _write_suite(
    root: Path,
    suite: str,
    architecture: str,
    components: dict[str, list[Package]],
    signer: Signer,
) -> None:
    indexes = {
        f"{component}/binary-{architecture}/{name}": content
        for component, packages in components.items()
        for name, content in _indexes(packages).items()
    }
    sums = "".join(
        f" {hashlib.sha256(content).hexdigest()} {len(content)} {name}\n"
        for name, content in indexes.items()
    )
    text = (
        f"Origin: Ubuntu\nLabel: Ubuntu\nSuite: {suite}\nVersion: 24.04\nCodename: noble\n"
        f"Date: {formatdate(usegmt=True)}\nArchitectures: {architecture}\n"
        f"Components: {' '.join(components)}\nSHA256:\n{sums}"
    )
    folder = root / "dists" / suite
    for name, content in {**indexes, "InRelease": signer.sign(text)}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _indexes(packages: Iterable[Package]) -> dict[str, bytes]:
    """Return the index; apt takes a component for missing if only the compressed one is listed."""
    text = "\n".join(
        f"{each.control}\nFilename: pool/{each.file_name}\nSize: {each.size}\n"
        f"SHA256: {each.sha256}\n"
        for each in packages
    ).encode()
    return {"Packages": text, "Packages.gz": gzip.compress(text)}


@contextmanager
def served(root: Path, keyring: Path) -> Iterator[Served]:
    """Serve a folder on a free port of 127.0.0.1."""
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            asked.append(self.path)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Served(
            url=f"http://127.0.0.1:{server.server_address[1]}", keyring=keyring, asked=asked
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
