"""A machine from a cached state has the facts of that state: a second boot changes nothing."""

from __future__ import annotations

import secrets

import pytest

from upgradeproof.imaging import Images
from upgradeproof.machines import MachineSpec
from upgradeproof.machines.docker import BACKEND
from upgradeproof.plan.images import Platform
from upgradeproof.probes import ProbeInputs, diff, read


def spec(snapshot: str, token: str) -> MachineSpec:
    return MachineSpec(
        snapshot=snapshot,
        name=f"upgradeproof-{token}-cached-{secrets.token_hex(3)}",
        architecture="amd64",
        labels={"upgradeproof.run": token},
    )


@pytest.mark.parametrize("release", ["debian-11", "debian-12", "debian-13"])
def test_no_service_differs_between_the_first_and_the_second_boot(
    every_image: Images, token: str, release: str
) -> None:
    platform = Platform(image=release, architecture="amd64", machine="container")
    with BACKEND.start(spec(every_image.ensure(platform), token)) as machine:
        before = read(machine, ProbeInputs())
        labels = {"upgradeproof.cell": token, "upgradeproof.state": "installed"}
        snapshot = BACKEND.snapshot(machine, f"{token}-{release}", labels)
    with BACKEND.start(spec(snapshot, token)) as machine:
        after = read(machine, ProbeInputs())
    changed = [line.path for line in diff(before, after) if line.path.startswith("services/")]
    assert changed == []
