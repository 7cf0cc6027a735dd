"""Cells on engines of other hosts, by SSH: they pass there, one host is lost, nothing is left."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.machines import ticker
from tests.machines.projects import Project, cell_of, wait_until
from tests.machines.remote_hosts import NEEDED, RemoteHost, remote_host
from upgradeproof.machines import engine
from upgradeproof.machines.tunnel import PREFIX
from upgradeproof.results import Verdict

GOOD = {"first": ticker.run(ticker.GOOD), "second": ticker.run(ticker.GOOD)}
WAITING = "echo waiting; while [ ! -e /opt/go ]; do sleep 0.2; done"
LOST = {
    "first": ticker.run(f"{WAITING}; {ticker.GOOD}"),
    "second": ticker.run(ticker.GOOD),
    "third": ticker.run(ticker.GOOD),
    "fourth": ticker.run(ticker.GOOD),
}
SUITE = (
    ticker.SUITE
    + """

def test_its_port_answers_here(upgraded):
    import socket
    upgraded.machine.run("systemd-run -q --unit=echo systemd-socket-activate -l 8080 --inetd -a cat")
    with socket.create_connection(("127.0.0.1", upgraded.machine.published(8080)), 20) as asked:
        asked.sendall(b"hello\\n")
        assert asked.recv(6) == b"hello\\n"


def test_its_fidelity_states_the_tunnel(upgraded):
    assert upgraded.fidelity.engine in ("one", "two")
    assert upgraded.fidelity.tunnel_ms > 0
    assert not upgraded.fidelity.absolute_latency
"""
)


@pytest.fixture
def hosts(debian_image: str, tmp_path: Path) -> Iterator[dict[str, RemoteHost]]:
    """Start two hosts, each with the image of Debian 12 as this host's engine has it."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"two more hosts need root, and these programs: {', '.join(missing)}")
    saved = tmp_path / "image.tar"
    with saved.open("wb") as file:
        file.writelines(engine.client().images.get(debian_image).save(named=True))
    with ExitStack() as opened:
        found = {name: opened.enter_context(remote_host(name)) for name in ("one", "two")}
        for host in found.values():
            host.load(saved)
        saved.unlink()
        yield found


def engines(hosts: dict[str, RemoteHost]) -> str:
    """Return an engines.toml."""
    return "".join(
        f'[[engine]]\nname = "{name}"\naddress = "ssh://{name}{host.socket}"\n'
        f'architectures = ["amd64"]\nssh_config = "{host.ssh_config}"\n'
        for name, host in hosts.items()
    )


@pytest.fixture
def project(new_project: Callable[[str], Project], hosts: dict[str, RemoteHost]) -> Project:
    """Return a project whose cells run on the hosts."""
    found = new_project("engines")
    found.write("engines.toml", engines(hosts))
    found.write("test_ticker.py", SUITE)
    return found


def left_here() -> list[Path]:
    """Return the folders of tunnels in this host."""
    return list(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))


def test_cells_run_on_two_engines(project: Project, hosts: dict[str, RemoteHost]) -> None:
    project.write("upgrade.toml", ticker.plan(project.token, GOOD))
    planned = project.upgradeproof("plan").output
    ended = project.pytest("-n", "2")
    assert ended.exit_status == 0, ended.output
    print(ended.output, planned)
