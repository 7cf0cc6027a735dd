"""Cells on engines of other hosts, by SSH: they pass there, one host is lost, nothing is left.

The tests share two hosts. The last test ends one of them.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.machines import ticker
from tests.machines.projects import Project, cell_of, wait_until
from tests.machines.remote_hosts import NEEDED, RemoteHost, remote_host
from tests.machines.tunnels import assert_nothing_is_left, connection, masters, table
from upgradeproof.errors import BackendError, ChannelError
from upgradeproof.machines import MachineSpec, engine
from upgradeproof.machines.docker import DockerBackend
from upgradeproof.machines.engine import DockerEngine
from upgradeproof.machines.engines import Engine
from upgradeproof.machines.ssh import Address
from upgradeproof.machines.tunnel import Tunnel
from upgradeproof.results import Verdict
from upgradeproof.runner.engines import EngineInUse

ENDPOINT = '\n[[expect.endpoint]]\nid = "echo"\nport = 8080\nkind = "tcp"\n'
GOOD = {"first": ticker.run(ticker.GOOD), "second": ticker.run(ticker.GOOD)}
LONG = "echo waiting; sleep 600"
LOST = {
    "first": ticker.run(LONG),
    "second": ticker.run(ticker.GOOD),
    "third": ticker.run(ticker.GOOD),
    "fourth": ticker.run(ticker.GOOD),
}
SUITE = (
    ticker.SUITE
    + """

def test_its_port_answers_here(upgraded):
    import socket
    listen = "systemd-socket-activate -l 8080 --inetd -a cat"
    upgraded.machine.run(f"systemd-run -q {listen}; until ss -tln | grep :8080; do sleep 0.1; done")
    with socket.create_connection(("127.0.0.1", upgraded.machine.published(8080)), 20) as asked:
        asked.sendall(b"hello\\n")
        assert asked.recv(6) == b"hello\\n"


def test_no_latency_is_proven_through_a_tunnel(upgraded):
    assert upgraded.fidelity.tunnel_ms > 0
    assert not upgraded.fidelity.absolute_latency
"""
)


@pytest.fixture(scope="module")
def hosts(
    debian_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, RemoteHost]]:
    """Start two hosts, each with the image of Debian 12 as this host's engine has it."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"more hosts need root, and these programs: {', '.join(missing) or 'all here'}")
    saved = tmp_path_factory.mktemp("image") / "image.tar"
    with saved.open("wb") as file:
        file.writelines(engine.LOCAL.client().images.get(debian_image).save(named=True))
    with ExitStack() as opened:
        found = {name: opened.enter_context(remote_host(name)) for name in ("one", "two")}
        for host in found.values():
            host.load(saved)
        saved.unlink()
        yield found


@pytest.fixture
def project(new_project: Callable[[str], Project], hosts: dict[str, RemoteHost]) -> Project:
    """Return a project whose cells run on the hosts."""
    found = new_project("engines")
    found.write("engines.toml", "".join(table(name, host) for name, host in hosts.items()))
    found.write("test_ticker.py", SUITE)
    return found


def test_cells_run_on_two_engines(project: Project, hosts: dict[str, RemoteHost]) -> None:
    project.write("upgrade.toml", ticker.plan(project.token, GOOD) + ENDPOINT)
    planned = project.upgradeproof("plan").output
    assert [line.rpartition("  ")[2] for line in planned.splitlines() if "  on " in line] == [
        "on one",
        "on two",
    ]
    ended = project.pytest("-n", "2")
    assert ended.exit_status == 0, ended.output
    cells = project.result().cells
    assert [cell.verdict for cell in cells] == [Verdict.PASSED, Verdict.PASSED]
    assert [cell.fidelity.engine for cell in cells if cell.fidelity] == ["one", "two"]
    assert_nothing_is_left(*hosts.values())


def test_a_forwarded_port_ends_with_its_machine(
    debian_image: str, hosts: dict[str, RemoteHost]
) -> None:
    spec = MachineSpec(
        snapshot=debian_image, name="ports", architecture="amd64", ports=(8080, 8081)
    )
    with connection(hosts["one"]) as one:
        backend = DockerBackend(one)
        with backend.start(spec) as machine:
            ports = [machine.published(port) for port in spec.ports]
            assert len(set(ports)) == len(spec.ports)
            assert [machine.published(port) for port in spec.ports] == ports
            for port in ports:
                socket.create_connection(("127.0.0.1", port), 10).close()
        for port in ports:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), 10)
        assert backend.free_bytes() > 0
    assert_nothing_is_left(hosts["one"])


def test_machines_of_other_hosts_stay(debian_image: str, hosts: dict[str, RemoteHost]) -> None:
    labels = {"upgradeproof": "machine", "upgradeproof.owner": "a:1:1"}
    with connection(hosts["one"], "mine") as mine, connection(hosts["one"], "other") as other:
        for client in (mine, other):
            client.client().containers.create(
                debian_image, name=client.client_id, labels={**labels, **client.labels}
            )
        assert DockerBackend(mine).prune(states=True) == ["container mine"]
        assert hosts["one"].containers() == ["other"]
        assert DockerBackend(other).prune(states=True) == ["container other"]
    assert_nothing_is_left(hosts["one"])


def test_a_broken_tunnel_is_an_error_and_its_machine_is_removed_later(
    debian_image: str, hosts: dict[str, RemoteHost], tmp_path: Path
) -> None:
    one = hosts["one"]
    description = Engine(
        name="one",
        address=f"ssh://one{one.socket}",
        architectures=("amd64",),
        ssh_config=one.ssh_config,
    )
    spec = MachineSpec(snapshot=debian_image, name="cut", architecture="amd64")
    with EngineInUse.of(description, tmp_path, tmp_path) as engine_in_use:
        backend = engine_in_use.connected("container")
        with backend.start(spec) as machine:
            one.cut_connections()
            wait_until("the tunnel is gone", lambda: not masters())
            with pytest.raises(ChannelError) as raised:
                machine.run("true")
        assert raised.value.brief.startswith(
            "the engine one does not answer any more: no shell can be started on cut on the engine"
        )
        assert raised.value.details.endswith("Connection to 127.0.0.1 closed by remote host.")
        assert one.containers() == ["cut"]
        assert masters() == []
    with engine_in_use:
        engine_in_use.try_to_clear()
    assert_nothing_is_left(one)


def test_an_engine_without_space_is_an_error(
    new_project: Callable[[str], Project], hosts: dict[str, RemoteHost]
) -> None:
    project = new_project("full")
    with remote_host("full", space="100m") as full:
        project.write("engines.toml", table("full", full))
        project.write(
            "upgrade.toml", ticker.plan(project.token, {"first": ticker.run(ticker.GOOD)})
        )
        project.write("test_ticker.py", ticker.SUITE)
        ended = project.pytest()
        assert ended.exit_status == 1
        (cell,) = project.result().cells
        assert cell.verdict is Verdict.NEVER_RAN
        reasons = {re.sub(r"space: \d+ MB", "space: N MB", check.reason) for check in cell.checks}
        assert reasons == {
            (
                "the engine full has too little free space: N MB\na cell needs 1500 MB\n"
                "To do: free space in the engine's folder, such as by `docker system prune` on its"
                " host"
            )
        }
        assert_nothing_is_left(full)


def _key_of(host: RemoteHost) -> str:
    return (host.folder / "known_hosts").read_text(encoding="utf-8").split()[2]


def refused(host: RemoteHost, path: str = "") -> str:
    """Return the error of a connection, with the host's folder and port as words."""
    found = connection(host)
    if path:
        address = Address(host=host.name, config=host.ssh_config)
        found = DockerEngine(
            name=host.name, address=path, tunnel=Tunnel(host.name, address), client_id="test"
        )
    with found, pytest.raises(BackendError) as raised:
        found.client()
    return str(raised.value).replace(str(host.folder), "FOLDER").replace(str(host.port), "PORT")


def test_each_reason_why_an_engine_is_unreachable_is_one_error(
    hosts: dict[str, RemoteHost],
) -> None:
    two = hosts["two"]
    assert refused(two, "/run/absent.sock") == (
        "no engine runs on the host of two\nthere is no socket /run/absent.sock\n"
        "To do: start the engine there, or name its socket in the address, such as"
        " ssh://root@host/run/podman/podman.sock"
    )
    stale = two.folder / "stale.sock"
    with socket.socket(socket.AF_UNIX) as closed:
        closed.bind(str(stale))
    silent = (
        "the engine two does not answer\nFOLDER/{}: open failed: connect failed: open failed\n"
        "To do: look at the engine's log on its host; if it runs, set there"
        " AllowStreamLocalForwarding and AllowTcpForwarding to yes in sshd_config"
    )
    assert refused(two, str(stale)) == silent.format("stale.sock")
    with two.changed("sshd_config", lambda text: f"AllowStreamLocalForwarding no\n{text}"):
        assert refused(two) == silent.format("docker.sock")
    with two.changed(
        "known_hosts", lambda text: text.replace(text.split()[2], _key_of(hosts["one"]))
    ):
        assert refused(two) == (
            "the host key of the engine two differs from that in known_hosts\n"
            "Offending ED25519 key in FOLDER/known_hosts:1\n"
            "To do: find out why it changed, then replace it: `ssh-keygen -R two`, and connect once"
            " by hand"
        )
    with two.changed("known_hosts", lambda _: ""):
        assert refused(two) == (
            "the host key of the engine two is not known here\nHost key verification failed.\n"
            "To do: compare its fingerprint and connect once by hand: `ssh two`"
        )
    with two.changed("authorized_keys", lambda _: ""):
        assert refused(two) == (
            "the host of the engine two refuses the login\n"
            "root@127.0.0.1: Permission denied (publickey,keyboard-interactive).\n"
            "To do: allow a key of yours there; passwords are never asked for (BatchMode)"
        )
    with socket.create_server(("127.0.0.1", 0)) as free:
        unused = free.getsockname()[1]
    with two.changed("ssh_config", lambda text: text.replace(str(two.port), str(unused))):
        assert refused(two).replace(str(unused), "PORT") == (
            "the host of the engine two can't be reached\n"
            "ssh: connect to host 127.0.0.1 port PORT: Connection refused\n"
            "To do: check the name, that the host runs, and the firewalls between: `ssh two`"
        )
    assert_nothing_is_left(two)


def test_the_cells_of_a_lost_engine_are_broken_and_the_others_finish(
    project: Project, hosts: dict[str, RemoteHost]
) -> None:
    project.write("upgrade.toml", ticker.plan(project.token, LOST) + ENDPOINT)
    with project.started("pytest", "-n", "2") as process:
        wait_until("the long step begins", lambda: f'"title":"{LONG}"' in project.journal())
        hosts["one"].die()
        output, _ = process.communicate(timeout=200)
    assert process.returncode == 1, output
    run = project.result()
    assert {cell.id.rpartition("-")[2]: cell.verdict for cell in run.cells} == {
        "first": Verdict.BROKEN,
        "second": Verdict.PASSED,
        "third": Verdict.BROKEN,
        "fourth": Verdict.PASSED,
    }
    for name in ("first", "third"):
        broken = [c for c in cell_of(run, name).checks if c.verdict is Verdict.BROKEN]
        assert broken
        assert all("the engine one does not answer any more" in check.reason for check in broken)
    assert_nothing_is_left(hosts["two"])
