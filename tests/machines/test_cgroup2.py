"""cgroup v2: the same machine on an engine that uses the unified hierarchy only.

If this host's engine uses cgroup v1, a second one is started in its own mount and network
namespaces. Without its own network namespace, ``--bridge=none`` would remove this host's docker0.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest

from tests.machines.projects import ROOT, wait_until
from upgradeproof.machines import engine

APART = ["unshare", "--mount", "--net", "sh", "-ec"]
UNIFIED = "mount --make-rprivate /; mount -t cgroup2 none /sys/fs/cgroup"
MACHINE = """
import json, sys
from upgradeproof.machines import MachineSpec
from upgradeproof.machines.docker import BACKEND
with BACKEND.start(MachineSpec(snapshot=sys.argv[1], name="v2", architecture="amd64")) as machine:
    output = lambda script: machine.run(script).text
    print(json.dumps({
        "hierarchy": output("stat -fc %T /sys/fs/cgroup"),
        "system": output("systemctl is-system-running"),
        "service": output("systemd-run -q -r --unit=own sleep 60;"
                          " cat /sys/fs/cgroup/system.slice/own.service/cgroup.procs | wc -l"),
        "snapshot": BACKEND.snapshot(machine, "v2", {}),
    }))
"""


@pytest.fixture(scope="module")
def second_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start an engine on cgroup v2, and end it by its process id."""
    if engine.LOCAL.client().info()["CgroupVersion"] == "2":
        pytest.skip("this host's engine uses cgroup v2: every other test of this folder covers it")
    if os.geteuid() != 0 or not shutil.which("dockerd") or not shutil.which("unshare"):
        pytest.skip("a second engine needs root, dockerd and unshare")
    trial = subprocess.run([*APART, UNIFIED], check=False, capture_output=True, text=True)
    if trial.returncode != 0:
        pytest.skip(f"cgroup2 can't be mounted here: {trial.stderr.strip()}")
    folder = tmp_path_factory.mktemp("v2")
    host = f"unix://{folder}/socket"
    command = (
        f"{UNIFIED}; exec dockerd --data-root {folder}/data --exec-root {folder}/exec --pidfile"
        f" {folder}/pid -H {host} --bridge=none --iptables=false --ip6tables=false"
    )
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen([*APART, command], stdout=log, stderr=log, start_new_session=True)
    try:
        listening = "API listen on"
        wait_until("the second engine answers", lambda: listening in (folder / "log").read_text())
        yield host
    finally:
        daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(daemon.pid, signal.SIGKILL)
            daemon.wait()
        shutil.rmtree(folder / "data", ignore_errors=True)


def test_systemd_settles_on_cgroup_2(second_engine: str, debian_image: str, tmp_path: Path) -> None:
    saved = tmp_path / "image.tar"
    with saved.open("wb") as file:
        file.writelines(engine.LOCAL.client().images.get(debian_image).save(named=True))
    with closing(docker.DockerClient(base_url=second_engine)) as client, saved.open("rb") as file:
        assert client.info()["CgroupVersion"] == "2"
        client.images.load(file)
    saved.unlink()
    done = subprocess.run(
        [sys.executable, "-c", MACHINE, debian_image],
        cwd=ROOT,
        env={**os.environ, "DOCKER_HOST": second_engine},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "hierarchy": "cgroup2fs",
        "system": "running",
        "service": "1",
        "snapshot": "upgradeproof/state:v2",
    }
    with closing(docker.DockerClient(base_url=second_engine)) as client:
        assert client.containers.list(all=True) == []
