"""A package-version check over our channel, compared with testinfra's own Docker backend."""

from __future__ import annotations

import time
from collections.abc import Callable

import testinfra

from bench.result import Result
from upgradeproof.home import Home
from upgradeproof.machines import Machine, MachineSpec
from upgradeproof.machines.docker import BACKEND
from upgradeproof.plan import Platform

ROUNDS = 5
OURS_PER_ROUND = 100
THEIRS_PER_ROUND = 10
FASTER = 25.0


def measure(home: Home) -> list[Result]:
    """Take turns, on one machine: the host's drift meets both."""
    platform = Platform(image="debian-12", architecture="amd64", machine="container")
    image = home.imaging().ensure(platform)
    spec = MachineSpec(snapshot=image, name="upgradeproof-bench-channel", architecture="amd64")
    with BACKEND.start(spec) as machine:
        return [_checks(machine), _commands(machine)]


def _checks(machine: Machine) -> Result:
    theirs = testinfra.get_host(f"docker://{machine.name}")
    return _compare(
        "package-version check",
        lambda: machine.host.package("bash").version,
        lambda: theirs.package("bash").version,
        FASTER,
    )


def _commands(machine: Machine) -> Result:
    theirs = testinfra.get_host(f"docker://{machine.name}")
    return _compare("command `true`", lambda: machine.run("true"), lambda: theirs.run("true"), None)


def _compare(
    name: str, ours: Callable[[], object], theirs: Callable[[], object], target: float | None
) -> Result:
    samples: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(ROUNDS):
        samples["ours"].append(_mean(ours, OURS_PER_ROUND))
        samples["theirs"].append(_mean(theirs, THEIRS_PER_ROUND))
    ours_s, theirs_s = ("our channel", samples["ours"]), ("testinfra docker", samples["theirs"])
    return Result.faster(name, ours_s, theirs_s, minimum=target)


def _mean(act: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        act()
    return (time.perf_counter() - started) / count
