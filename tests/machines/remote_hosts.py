"""Hosts with a Docker engine that are reached by SSH, each in namespaces of its own on this host.

Its network namespace has its own loopback, so that a published port exists there alone, and its
engine can't change this host's bridges and packet filters. Its processes end with the first one.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import docker

from tests.machines.projects import wait_until

SSHD = "/usr/sbin/sshd"
APART = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
NEEDED = (SSHD, "dockerd", "unshare", "nsenter", "ip", "ssh-keygen")


@dataclass
class RemoteHost:
    """A host in its own namespaces: an engine, and an SSH server on a port of 127.0.0.1."""

    name: str
    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    """``unshare``, the parent of the host's first process."""
    init: int
    """The host's first process, by its id here."""
    connections: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        """Return the engine's socket, which every host sees below the same path."""
        return self.folder / "docker.sock"

    @property
    def ssh_config(self) -> Path:
        return self.folder / "ssh_config"

    def client(self) -> docker.DockerClient:
        return docker.DockerClient(base_url=f"unix://{self.socket}", timeout=60)

    def load(self, image: Path) -> None:
        """Give the engine an image that was saved in a file."""
        with closing(self.client()) as client, image.open("rb") as file:
            client.images.load(file)

    def containers(self) -> list[str]:
        """Return the names of all containers."""
        with closing(self.client()) as client:
            return [str(container.name) for container in client.containers.list(all=True)]

    @contextmanager
    def changed(self, name: str, change: Callable[[str], str]) -> Iterator[None]:
        """Change a file of the host's folder, and write it back."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        path.write_text(change(text), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(text, encoding="utf-8")

    def inside(self, *argv: str) -> list[str]:
        """Return a command in the host's network and process namespaces."""
        return ["nsenter", "--target", str(self.init), "--net", "--pid", "--mount", *argv]

    def die(self) -> None:
        """End everything at once, as a loss of power does."""
        with suppress(ProcessLookupError):
            os.kill(self.init, signal.SIGKILL)
        self.process.wait(30)
        self.cut_connections()

    def cut_connections(self) -> None:
        """End the SSH connections; engine and machines go on."""
        for connection in self.connections:
            with suppress(ProcessLookupError):
                os.killpg(connection.pid, signal.SIGKILL)
            connection.wait(30)

    def sessions(self) -> int:
        """Return how many SSH connections are open."""
        return sum(connection.poll() is None for connection in self.connections)


@contextmanager
def remote_host(name: str, space: str = "") -> Iterator[RemoteHost]:
    """Start a host, and end it with everything that it has started.

    ``space`` is the size of a disk of its own for the engine; empty: this host's.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"upgradeproof-test-{name}-"))
    try:
        with (
            _namespaces(folder, space) as process,
            closing(socket.create_server(("127.0.0.1", 0))) as door,
        ):
            init = int(
                Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
            )
            host = RemoteHost(name, folder, door.getsockname()[1], process, init)
            _write_ssh(host)
            server = threading.Thread(target=_serve, args=(host, door), daemon=True)
            server.start()
            try:
                yield host
            finally:
                door.shutdown(socket.SHUT_RDWR)
                server.join(10)
                host.die()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _namespaces(folder: Path, space: str) -> Iterator[subprocess.Popen[bytes]]:
    disk = f"mkdir {folder}/data; mount -t tmpfs -o size={space} none {folder}/data;"
    command = (
        f"{disk if space else ''} ip link set lo up; mount -t tmpfs none /run; mkdir -p /run/sshd;"
        f" exec dockerd --data-root {folder}/data --exec-root {folder}/exec --pidfile {folder}/pid"
        f" -H unix://{folder}/docker.sock"
    )
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*APART, "sh", "-ec", command], stdout=file, stderr=file, start_new_session=True
        )
    try:
        wait_until(f"the engine listens ({log})", lambda: "API listen on" in log.read_text())
        yield process
    finally:
        process.kill()
        process.wait(30)


def _serve(host: RemoteHost, door: socket.socket) -> None:
    """Start an SSH server on the host for each connection, as inetd does."""
    argv = [SSHD, "-i", "-f", str(host.folder / "sshd_config"), "-E", str(host.folder / "sshd.log")]
    while True:
        try:
            connection, _ = door.accept()
        except OSError:
            return
        with connection:
            host.connections.append(
                subprocess.Popen(
                    host.inside(*argv),
                    stdin=connection.fileno(),
                    stdout=connection.fileno(),
                    start_new_session=True,
                )
            )


def make_key(path: Path) -> str:
    """Make a key and return its public part."""
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)]
    subprocess.run(argv, check=True)
    return path.with_suffix(".pub").read_text(encoding="utf-8")


def _write_ssh(host: RemoteHost) -> None:
    """Write what server and client need: keys, known_hosts, both configurations."""
    folder = host.folder
    known = make_key(folder / "host_key")
    (folder / "authorized_keys").write_text(make_key(folder / "user_key"), encoding="utf-8")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{host.port} {known}", encoding="utf-8")
    (folder / "sshd_config").write_text(
        f"HostKey {folder}/host_key\nAuthorizedKeysFile {folder}/authorized_keys\n"
        "PasswordAuthentication no\nPermitRootLogin yes\nStrictModes no\nUsePAM no\n",
        encoding="utf-8",
    )
    host.ssh_config.write_text(
        f"Host {host.name}\n  HostName 127.0.0.1\n  Port {host.port}\n  User root\n"
        f"  IdentityFile {folder}/user_key\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n",
        encoding="utf-8",
    )
