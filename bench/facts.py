"""One pass of all probes, on a machine with the services of an ordinary server."""

from __future__ import annotations

import time

from bench.result import Result
from upgradeproof.home import Home
from upgradeproof.machines import Machine, MachineSpec
from upgradeproof.machines.docker import BACKEND
from upgradeproof.plan import Platform
from upgradeproof.probes import ProbeInputs, read

ROUNDS = 5
LIMIT_S = 2.0
SERVICES = (
    "nginx openssh-server postfix bind9 redis-server mariadb-server postgresql php-fpm haproxy"
    " rsyslog cron python3-venv dovecot-imapd"
)
"""About 300 packages with what they depend on."""


def measure(home: Home) -> list[Result]:
    """Return the time of a pass; the first one, which fills the caches, is left out."""
    platform = Platform(image="debian-12", architecture="amd64", machine="container")
    image = home.imaging().ensure(platform)
    spec = MachineSpec(snapshot=image, name="upgradeproof-bench-facts", architecture="amd64")
    with BACKEND.start(spec) as machine:
        installed = machine.run(
            "export DEBIAN_FRONTEND=noninteractive; apt-get -qq update && "
            f"apt-get -qq install --no-install-recommends {SERVICES}",
            timeout_s=900,
        )
        if not installed.ok:
            raise RuntimeError(f"the services were not installed: {installed.tail}")
        count = len(machine.run("dpkg-query --show").text.splitlines())
        _pass(machine)
        samples = [_pass(machine) for _ in range(ROUNDS)]
    return [Result.seconds(f"one pass, {count} packages", samples, below=LIMIT_S)]


def _pass(machine: Machine) -> float:
    started = time.perf_counter()
    read(machine, ProbeInputs())
    return time.perf_counter() - started
