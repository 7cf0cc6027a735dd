"""The machine booted as it should: the right kernel, and no more often than it was asked to."""

import pytest

from upgradeproof.plan.steps import Reboot
from upgradeproof.probes.boot import Boot, CurrentBoot
from upgradeproof.runner import State

pytestmark = pytest.mark.own_kernel


def boot(state: State) -> CurrentBoot:
    return state[Boot]["current"]


def reboots(state: State) -> int:
    return sum(isinstance(action, Reboot) for action in state.cell.actions(state.name))


def test_running_kernel_is_the_newest_installed(upgraded: State) -> None:
    now = boot(upgraded)
    assert now.release == now.newest, (
        f"the kernel {now.release} runs, {now.newest or 'none'} is the newest in /boot;"
        " to do: let the upgrade reboot, or see which kernel the boot loader starts"
    )


def loaded_boot(state: State) -> CurrentBoot:
    """Return the boot, if it was the machine's own boot loader that started the kernel."""
    if state.fidelity.boot != "own":
        pytest.skip("the kernel was handed in from outside: no boot loader was asked")
    return boot(state)


def test_boot_loader_starts_the_running_kernel_by_default(upgraded: State) -> None:
    now = loaded_boot(upgraded)
    assert now.default_release == now.release, (
        f"the kernel {now.release} runs; the boot loader starts {now.default_release or 'none'} by"
        f" default ({now.default_entry or now.default_problem or 'no configuration is left'});"
        " to do: see GRUB_DEFAULT in /etc/default/grub, then run update-grub"
    )


def test_boot_loader_finds_its_default_entry(upgraded: State) -> None:
    now = loaded_boot(upgraded)
    assert now.loader, "there is no configuration of GRUB; to do: run update-grub"
    assert not now.default_problem


def test_running_kernel_belongs_to_its_package(upgraded: State) -> None:
    now = boot(upgraded)
    assert now.release in now.package, (
        f"/boot/vmlinuz-{now.release} belongs to {now.package or 'no package any more'}"
    )


def test_running_kernel_is_that_of_its_package(upgraded: State) -> None:
    now = boot(upgraded)
    assert now.is_that_of_its_package, (
        f"{now.package or 'no package'} is {now.package_version or 'there'}, but the running kernel"
        f" reports {now.version}; to do: reboot, as its image was replaced under it"
    )


def test_kernel_reports_one_release_everywhere(upgraded: State) -> None:
    now = boot(upgraded)
    assert now.version.startswith(f"Linux version {now.release} "), now.version


def test_default_target_was_reached(upgraded: State) -> None:
    now = boot(upgraded)
    assert now.target_state == "active", f"{now.target} is {now.target_state or 'unknown'}"


def test_every_boot_since_the_old_release_was_asked_for(upgraded: State) -> None:
    now, asked = boot(upgraded), reboots(upgraded)
    assert now.journal_reaches_back, (
        "the journal knows no boot from before the upgrade, so that boots can't be counted;"
        " to do: make it persistent (/var/log/journal)"
    )
    assert len(now.new_boots) == asked, (
        f"{len(now.new_boots)} boots during the upgrade, {asked} reboots in the plan: "
        + (
            "the machine rebooted unexpectedly"
            if len(now.new_boots) > asked
            else "it did not reboot"
        )
    )


def test_running_boot_is_one_that_was_asked_for(upgraded: State) -> None:
    now = boot(upgraded)
    rebooted = now.boot_id.replace("-", "") in now.new_boots
    assert rebooted == bool(reboots(upgraded)), (
        f"the running boot {now.boot_id} is {'' if rebooted else 'not '}one of this upgrade,"
        f" whose plan has {reboots(upgraded)} reboots"
    )
