"""The arguments with which Docker creates a machine, compared as a whole."""

from __future__ import annotations

import pytest

from upgradeproof.machines import MachineSpec, owner
from upgradeproof.machines.docker import CAPABILITIES, INIT, creation

SPEC = MachineSpec(
    snapshot="upgradeproof/image:debian",
    name="upgradeproof-run1-cell-main-1",
    architecture="amd64",
    ports=(80, 443),
    labels={"upgradeproof.run": "run1"},
)


def test_a_machine_is_created_with_these_arguments_and_no_other() -> None:
    assert creation(SPEC, apparmor=False, emulated=False) == {
        "image": "upgradeproof/image:debian",
        "name": "upgradeproof-run1-cell-main-1",
        "hostname": "machine",
        "command": ["/bin/sh", "-c", INIT],
        "tty": True,
        "stop_signal": "SIGRTMIN+3",
        "environment": {"container": "docker"},
        "tmpfs": {"/run": "", "/run/lock": ""},
        "cgroupns": "private",
        "cap_add": ["SYS_ADMIN", "SYS_PTRACE", "NET_ADMIN", "NET_RAW"],
        "cap_drop": ["MKNOD"],
        "security_opt": [],
        "ports": {"80/tcp": ("127.0.0.1", None), "443/tcp": ("127.0.0.1", None)},
        "labels": {
            "upgradeproof": "machine",
            "upgradeproof.owner": owner.mine(),
            "upgradeproof.run": "run1",
        },
    }


def test_a_machine_is_unconfined_where_apparmor_is_active() -> None:
    arguments = creation(SPEC, apparmor=True, emulated=False)
    assert arguments["security_opt"] == ["apparmor=unconfined"]


@pytest.mark.parametrize("emulated", [False, True])
def test_no_machine_is_privileged(emulated: bool) -> None:
    arguments = creation(SPEC, apparmor=True, emulated=emulated)
    assert not {"privileged", "pid_mode", "network_mode", "volumes", "devices"} & set(arguments)
    assert all(address == ("127.0.0.1", None) for address in arguments["ports"].values())


def test_every_capability_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in CAPABILITIES.values())


def test_the_init_under_emulation_follows_its_preparation() -> None:
    script = creation(SPEC, apparmor=False, emulated=True)["command"][2]
    assert script.endswith(INIT)
    assert script.index("ImportCredential= LoadCredential=") < script.index(INIT)
    assert script.index("PrivateTmp=no") < script.index(">$d/emulated.conf; ")
