"""Devices by bus address."""

from __future__ import annotations

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.devices import Device, Devices
from upgradeproof.probes.inputs import ProbeInputs


def devices() -> dict[str, Device]:
    return Devices.parse(captured("devices"), ProbeInputs())


def test_keys_are_bus_addresses() -> None:
    assert set(devices()) == {
        "pci/0000:00:03.0",
        "virtio/0000:00:03.0",
        "network/0000:00:03.0",
        "network/platform/a003e00.virtio_mmio/virtio3/net",
        "disk/0000:00:04.0",
        "disk/0000:00:05.0/0:0:1",
        "disk/0000:00:1f.2/ata2",
        "disk/0000:00:06.0",
    }


def test_a_device_is_read_with_its_driver() -> None:
    found = devices()
    assert found["virtio/0000:00:03.0"] == Device(
        kind="virtio",
        modalias="virtio:d00000001v00001AF4",
        driver="virtio_net",
        module="virtio_net",
    )
    assert found["pci/0000:00:03.0"].driver == "virtio-pci"


def test_interfaces_and_disks_have_names() -> None:
    found = devices()
    assert found["network/0000:00:03.0"] == Device(
        kind="network", name="ens3", address="52:54:00:12:34:56"
    )
    assert found["disk/0000:00:06.0"].name == "nvme0n1"


def test_a_container_has_none() -> None:
    assert Devices.parse("", ProbeInputs()) == {}
