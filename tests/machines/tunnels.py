"""Connections to the engines of hosts, and what must not be left of them."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

from tests.machines.projects import wait_until
from tests.machines.remote_hosts import RemoteHost
from upgradeproof.machines.engine import DockerEngine
from upgradeproof.machines.ssh import Address
from upgradeproof.machines.tunnel import PREFIX, Tunnel


def table(name: str, host: RemoteHost) -> str:
    """Return the table of engines.toml for a host."""
    return (
        f'[[engine]]\nname = "{name}"\naddress = "ssh://{name}{host.socket}"\n'
        f'architectures = ["amd64"]\nssh_config = "{host.ssh_config}"\n'
    )


def connection(host: RemoteHost, client_id: str = "test") -> DockerEngine:
    """Return the engine of a host, not yet connected."""
    tunnel = Tunnel(host.name, Address(host=host.name, config=host.ssh_config))
    return DockerEngine(
        name=host.name, address=str(host.socket), tunnel=tunnel, client_id=client_id
    )


def masters() -> list[str]:
    """Return the command lines of all processes of tunnels on this host."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in found if f"/{PREFIX}" in line]


def folders() -> list[Path]:
    """Return the folders of tunnels on this host."""
    return list(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))


def assert_nothing_is_left(*hosts: RemoteHost) -> None:
    """Check for containers and connections on hosts, and for processes and sockets here."""
    assert (masters(), folders()) == ([], [])
    for host in hosts:
        wait_until(f"no connection to {host.name} is open", lambda: host.sessions() == 0)  # noqa: B023  # waited for here
        assert host.containers() == []
