"""The Docker backend: machines with systemd, their channel, their snapshots, their removal."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress

import docker.errors
import pytest

from tests.machines.projects import ROOT
from tests.machines.starting import Start, output_of
from upgradeproof.errors import MachineError
from upgradeproof.machines import Machine, attributes, engine
from upgradeproof.machines.docker import BACKEND, CAPABILITIES, DROPPED
from upgradeproof.machines.docker_machine import DockerMachine


@pytest.fixture
def snapshot_of(token: str) -> Iterator[Callable[[DockerMachine], str]]:
    """Return a function that takes a snapshot of a machine; it is removed at the end."""
    key = f"{token}-saved"
    yield lambda machine: BACKEND.snapshot(machine, key, {"upgradeproof.cell": "x"})
    with suppress(docker.errors.ImageNotFound):
        engine.LOCAL.client().images.remove(f"upgradeproof/state:{key}", force=True)


def exists(name: str) -> bool:
    return bool(engine.LOCAL.client().containers.list(all=True, filters={"name": name}))


def test_systemd_is_process_1_and_has_settled(debian: Machine) -> None:
    assert output_of(debian, "cat /proc/1/comm; systemctl is-system-running") == "systemd\nrunning"


def test_a_machine_is_not_privileged_and_has_the_declared_capabilities(
    debian: DockerMachine,
) -> None:
    config = debian.container.attrs["HostConfig"]
    assert config["Privileged"] is False
    names = {"add": set(config["CapAdd"]), "drop": set(config["CapDrop"])}
    assert {k: {n.removeprefix("CAP_") for n in v} for k, v in names.items()} == {
        "add": set(CAPABILITIES),
        "drop": set(DROPPED),
    }
    bounding = int(output_of(debian, "grep CapBnd /proc/1/status | cut -f2"), 16)
    has = {"SYS_ADMIN": 21, "SYS_PTRACE": 19, "CHOWN": 0, "NET_ADMIN": 12, "NET_RAW": 13}
    lacks = {"MKNOD": 27, "SYS_MODULE": 16, "SYS_TIME": 25, "SYS_BOOT": 22}
    assert {name for name, bit in {**has, **lacks}.items() if bounding >> bit & 1} == set(has)


def test_a_machine_has_labels_of_its_run_and_its_owner(start: Start, token: str) -> None:
    with start("labels") as machine:
        labels = machine.container.labels
    assert (labels["upgradeproof"], labels["upgradeproof.run"]) == ("machine", token)
    assert labels["upgradeproof.owner"].split(":")[1] == str(os.getpid())


def test_a_port_is_published_on_the_loopback_only(start: Start) -> None:
    with start("ports", ports=(8000,)) as machine:
        output_of(machine, "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello' >/srv/answer")
        serve = (
            "use Socket; socket(S,AF_INET,SOCK_STREAM,0); bind(S,sockaddr_in(8000,INADDR_ANY));"
            "listen(S,5); while(accept(C,S)){sysread C,$_,9999; print C `cat /srv/answer`; close C}"
        )
        output_of(machine, f"systemd-run -q perl -e '{serve}'")
        output_of(machine, "until grep -q ':1F40 ' /proc/net/tcp; do :; done")
        assert machine.host.socket("tcp://0.0.0.0:8000").is_listening
        port = machine.published(8000)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert answer.read() == b"hello"
        machine.container.reload()
        bindings = machine.container.ports["8000/tcp"] or []
        assert [binding["HostIp"] for binding in bindings] == ["127.0.0.1"]
        # The address of this host on the machine's network.
        gateway = output_of(machine, "ip route show default | cut -d ' ' -f 3")
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((gateway, port), timeout=5)
        with pytest.raises(MachineError) as refused:
            machine.published(8001)
    assert str(refused.value) == (
        f"port 8001 of {machine.name} is not published\n"
        "To do: name it in the plan as the port of an endpoint"
    )


def test_the_console_is_in_the_logs(debian: Machine) -> None:
    assert "Multi-User System" in debian.logs()


def test_a_snapshot_does_not_change_while_the_machine_runs(
    start: Start, snapshot_of: Callable[[DockerMachine], str]
) -> None:
    with start("original") as machine:
        machine.put(b"then", "/srv/moment")
        boot = output_of(machine, "ps -o lstart= -p 1")
        snapshot = snapshot_of(machine)
        machine.put(b"now", "/srv/moment")
        with start("clone-a", snapshot=snapshot) as a, start("clone-b", snapshot=snapshot) as b:
            a.put(b"a", "/srv/moment")
            assert [m.get("/srv/moment") for m in (machine, a, b)] == [b"now", b"a", b"then"]
            assert output_of(b, "systemctl is-system-running") == "running"
        assert output_of(machine, "ps -o lstart= -p 1") == boot


def test_access_lists_and_attributes_of_users_are_in_a_snapshot(
    start: Start, snapshot_of: Callable[[DockerMachine], str]
) -> None:
    def lines(machine: Machine) -> str:
        return output_of(machine, f"{attributes.SAVE}\ncat {attributes.SAVED} || true")

    path = "/srv/of two\nlines"
    daemon_reads = bytes.fromhex(
        "02000000 01000600ffffffff 0200040001000000 04000000ffffffff 10000400ffffffff"
        "20000000ffffffff"
    )
    wanted = {"system.posix_acl_access": daemon_reads, "user.x": b"a b"}
    with start("listed") as machine:
        assert lines(machine) == ""
        machine.put(b"secret", path)
        entries = [
            " ".join(part.hex() for part in (path.encode(), name.encode(), value)) + "\n"
            for name, value in wanted.items()
        ]
        machine.put("".join(entries).encode(), attributes.SAVED)
        output_of(machine, attributes.RESTORE)
        before = lines(machine)
        assert sorted(before.splitlines()) == sorted(each.strip() for each in entries)
        snapshot = snapshot_of(machine)
        assert not machine.run(f"ls {attributes.SAVED}").ok
    with start("listed-clone", snapshot=snapshot) as clone:
        assert not clone.run(f"ls {attributes.SAVED}").ok
        assert output_of(clone, f"runuser -u daemon -- cat '{path}'") == "secret"
        assert not clone.run(f"runuser -u bin -- cat '{path}'").ok
        assert sorted(lines(clone).splitlines()) == sorted(before.splitlines())
        clone.run(f"rm {attributes.SAVED}")
        clone.power_cut(timeout_s=60)
        assert output_of(clone, f"runuser -u daemon -- cat '{path}'") == "secret"


def test_a_snapshot_is_found_by_its_key(
    start: Start, snapshot_of: Callable[[DockerMachine], str], token: str
) -> None:
    assert BACKEND.find_snapshot(f"{token}-saved") is None
    with start("keep") as machine:
        assert snapshot_of(machine) == BACKEND.find_snapshot(f"{token}-saved")


def test_a_missing_snapshot_is_reported(start: Start) -> None:
    gone = "the snapshot upgradeproof/state:none does not exist"
    with (
        pytest.raises(MachineError, match=gone),
        start("gone", snapshot="upgradeproof/state:none"),
    ):
        pytest.fail("it started")


def test_a_machine_is_removed_also_after_an_exception(start: Start) -> None:
    with suppress(ZeroDivisionError), start("raises") as machine:
        assert exists(machine.name)
        raise ZeroDivisionError
    assert not exists(machine.name)


def test_a_machine_that_does_not_boot_is_removed_and_its_console_reported(
    start: Start, snapshot_of: Callable[[DockerMachine], str]
) -> None:
    with start("spoil") as machine:
        output_of(machine, "printf '#!/bin/sh\\necho out of order\\nexit 1\\n' >/sbin/new")
        output_of(machine, "chmod 755 /sbin/new; mv /sbin/new /sbin/init")
        snapshot = snapshot_of(machine)
    with pytest.raises(MachineError) as error, start("spoiled", snapshot=snapshot):
        pytest.fail("it started")
    assert "out of order" in error.value.details
    assert not exists(f"{machine.name.removesuffix('spoil')}spoiled")


OWNER = """
import sys, time
from upgradeproof.machines import MachineSpec
from upgradeproof.machines.docker import BACKEND
with BACKEND.start(MachineSpec(snapshot=sys.argv[1], name=sys.argv[2], architecture="amd64")):
    print("up", flush=True)
    time.sleep(600)
"""


def test_prune_removes_a_dead_owners_machine_and_no_other(
    start: Start, debian_image: str, token: str
) -> None:
    orphan = f"upgradeproof-{token}-orphan"
    argv = [sys.executable, "-c", OWNER, debian_image, orphan]
    with start("owned") as mine, subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT) as owner:
        try:
            assert owner.stdout is not None
            assert owner.stdout.readline() == b"up\n"
            assert f"container {orphan}" not in BACKEND.prune(states=False)
        finally:
            owner.kill()
        os.waitid(os.P_PID, owner.pid, os.WEXITED | os.WNOWAIT)
        gone = BACKEND.prune(states=False)  # the owner is a zombie until this process waits for it
        assert f"container {orphan}" in gone
        assert f"container {mine.name}" not in gone
        assert not exists(orphan)
        assert output_of(mine, "echo alive") == "alive"


def test_the_name_of_a_killed_workers_machine_can_be_used_again(
    start: Start, debian_image: str, token: str
) -> None:
    name = f"upgradeproof-{token}-successor"
    argv = [sys.executable, "-c", OWNER, debian_image, name]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT) as owner:
        try:
            assert owner.stdout is not None
            owner.stdout.readline()
            with pytest.raises(MachineError, match="already in use"), start("successor"):
                pytest.fail("it took the name of a machine whose owner lives")
        finally:
            owner.kill()
    with start("successor") as machine:
        assert output_of(machine, "echo alive") == "alive"
