"""A machine from a kept state is as the one that was kept: a second boot is no difference."""

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
        name=f"upgradeproof-{token}-kept-{secrets.token_hex(3)}",
        architecture="amd64",
        labels={"upgradeproof.run": token},
    )


@pytest.mark.parametrize("release", ["debian-11", "debian-12", "debian-13"])
def test_no_service_tells_the_first_boot_from_the_second(
    every_image: Images, token: str, release: str
) -> None:
    platform = Platform(image=release, architecture="amd64", machine="container")
    with BACKEND.start(spec(every_image.ensure(platform), token)) as machine:
        before = read(machine, ProbeInputs())
        labels = {"upgradeproof.cell": token, "upgradeproof.state": "installed"}
        kept = BACKEND.snapshot(machine, f"{token}-{release}", labels)
    with BACKEND.start(spec(kept, token)) as machine:
        after = read(machine, ProbeInputs())
    changed = [line.path for line in diff(before, after) if line.path.startswith("services/")]
    assert changed == []
