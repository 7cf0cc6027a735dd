"""The kernel's settings that the administrator made are made at every boot."""

from collections.abc import Mapping

import pytest

from upgradeproof.probes.sysctl import KernelSettings, Setting
from upgradeproof.runner import State

NETWORK = "net."


def made(state: State) -> Mapping[str, Setting]:
    """Return the settings that the administrator's files make, by name."""
    found = {key: each for key, each in state[KernelSettings].items() if each.by_administrator}
    if not found:
        pytest.skip("no file in /etc set any of the kernel's settings before the upgrade")
    return found


def test_setting_of_the_administrator_is_still_read(installed: State, upgraded: State) -> None:
    after = upgraded[KernelSettings]
    lost = []
    for key, was in made(installed).items():
        now = after.get(key, Setting())
        paths = (f"sysctl/{key}", f"sysctl/{key}/wanted")
        if now.wanted == was.wanted or any(map(upgraded.reason_for, paths)):
            continue
        instead = f"{now.set_by} sets it to {now.wanted}" if now.set_by else "no file sets it now"
        lost.append(f"{key} = {was.wanted} of {was.set_by}: {instead}")
    assert not lost, (
        "settings that a boot does not make any more: "
        + "; ".join(lost)
        + "; to do: put them into a file in /etc/sysctl.d"
    )


def test_network_setting_is_in_force_after_a_boot(
    installed_rebooted: State, rebooted: State
) -> None:
    ours = {key: each for key, each in made(installed_rebooted).items() if key.startswith(NETWORK)}
    if not ours:
        pytest.skip("no file in /etc set a network setting before the upgrade")
    in_force_again(ours, rebooted)


@pytest.mark.own_kernel
def test_kernel_setting_is_in_force_after_a_boot(
    installed_rebooted: State, rebooted: State
) -> None:
    ours = {
        key: each for key, each in made(installed_rebooted).items() if not key.startswith(NETWORK)
    }
    if not ours:
        pytest.skip("no file in /etc set a setting outside of the network before the upgrade")
    in_force_again(ours, rebooted)


def in_force_again(before: Mapping[str, Setting], rebooted: State) -> None:
    """Fail for each setting that was in force after a boot, and is not after the upgrade."""
    in_force = {key: was for key, was in before.items() if was.value == was.wanted}
    if not in_force:
        pytest.skip(
            "no setting was in force after a boot before the upgrade: "
            + ", ".join(f"{key} = {was.value or 'not there'}" for key, was in before.items())
        )
    lost = []
    for key, was in in_force.items():
        now = rebooted[KernelSettings].get(key, Setting())
        if now.value != was.value and not rebooted.reason_for(f"sysctl/{key}/value"):
            lost.append(f"{key} is {now.value or 'not there'}, not {was.value} of {was.set_by}")
    assert not lost, "after a boot of the upgraded machine: " + "; ".join(lost)
