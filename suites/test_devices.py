"""The hardware is still driven, and its interfaces still have the names that they had."""

import pytest

from upgradeproof.probes.devices import Device, Devices
from upgradeproof.runner import State

pytestmark = pytest.mark.own_kernel


def named(key: str, device: Device) -> str:
    return f"{key} {device.name} {device.modalias}".replace("  ", " ").rstrip()


def test_every_device_that_had_a_driver_has_one(installed: State, upgraded: State) -> None:
    after = upgraded[Devices]
    left = [
        f"{named(key, device)}: {device.driver} drove it, nothing does; to do: see whether this"
        " kernel has the driver (modprobe), under which name, and its firmware"
        for key, device in installed[Devices].items()
        if device.driver
        and not (key in after and after[key].driver)
        and not upgraded.reason_for(f"devices/{key}")
        and not upgraded.reason_for(f"devices/{key}/driver")
    ]
    assert not left, "\n".join(left)


def test_no_network_interface_is_lost(installed: State, upgraded: State) -> None:
    lost = gone(installed, upgraded, "network")
    assert not lost, "\n".join(lost)


def test_no_disk_is_lost(installed: State, upgraded: State) -> None:
    lost = gone(installed, upgraded, "disk")
    assert not lost, "\n".join(lost)


def test_network_interfaces_keep_their_names(installed: State, upgraded: State) -> None:
    after = upgraded[Devices]
    renamed = [
        f"{named(key, device)} is called {after[key].name}; to do: name it by a .link file, or fix"
        " what configures it"
        for key, device in installed[Devices].items()
        if device.kind == "network"
        and key in after
        and after[key].name != device.name
        and not upgraded.reason_for(f"devices/{key}/name")
    ]
    assert not renamed, "\n".join(renamed)


def gone(installed: State, upgraded: State, kind: str) -> list[str]:
    return [
        f"{named(key, device)} is gone"
        for key, device in installed[Devices].items()
        if device.kind == kind
        and key not in upgraded[Devices]
        and not upgraded.reason_for(f"devices/{key}")
    ]
