"""KVM is used if a guest has run under it; the probe runs again if the host has changed."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from upgradeproof.machines.qemu import acceleration
from upgradeproof.machines.qemu.acceleration import accelerator, probe_argv, works
from upgradeproof.machines.qemu.hardware import Accelerator
from upgradeproof.plan.images import Architecture

BOOT = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
needs_kvm = pytest.mark.skipif(
    not os.access(acceleration.DEVICE, os.R_OK | os.W_OK), reason="there is no /dev/kvm here"
)


class FakeQemu:
    """A fake QEMU on PATH: it ends like the guest of the probe, and counts its starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "qemu-system-x86_64"
        self.ends(33)

    def ends(self, status: int, wait_s: int = 0) -> None:
        self.path.write_text(
            f"#!/bin/sh\necho >>{self.folder}/starts\nsleep {wait_s}\nexit {status}\n"
        )
        self.path.chmod(0o755)

    @property
    def starts(self) -> int:
        log = self.folder / "starts"
        return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.fixture
def qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeQemu:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    return FakeQemu(tmp_path / "bin")


@pytest.mark.parametrize(("with_kvm", "cpu"), [(True, "host"), (False, "qemu64,-svm")])
def test_the_guest_of_the_probe_has_the_machine_and_processor_of_all_guests(
    with_kvm: bool, cpu: str
) -> None:
    """A probe with another processor proves nothing: KVM of some hosts rejects only `host`."""
    accelerator: Accelerator = "kvm" if with_kvm else "tcg"
    assert " ".join(probe_argv("amd64", accelerator, Path("/t/guest"))) == (
        f"qemu-system-x86_64 -accel {accelerator} -machine q35,graphics=off -cpu {cpu} -nodefaults"
        " -no-user-config -display none -m 64 -no-reboot"
        " -device isa-debug-exit,iobase=0xf4,iosize=0x04"
        " -drive file=/t/guest,format=raw,if=virtio,snapshot=on"
    )


@pytest.mark.parametrize(("with_kvm", "cpu"), [(True, "host"), (False, "max,pauth-impdef=on")])
def test_the_probes_guest_of_an_arm_server(with_kvm: bool, cpu: str) -> None:
    accelerator: Accelerator = "kvm" if with_kvm else "tcg"
    assert " ".join(probe_argv("arm64", accelerator, Path("/t/guest"))) == (
        f"qemu-system-aarch64 -accel {accelerator} -machine virt -cpu {cpu} -nodefaults"
        " -no-user-config -display none -m 64 -no-reboot -kernel /t/guest"
    )


@pytest.mark.parametrize(
    ("architecture", "program"),
    [("amd64", "qemu-system-x86_64"), ("arm64", "qemu-system-aarch64")],
)
def test_the_guest_runs_to_its_end_under_emulation(
    architecture: Architecture, program: str
) -> None:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    assert works(architecture, "tcg")


@pytest.mark.parametrize("status", [0, 1, 32, 34])
def test_a_guest_with_another_exit_status_did_not_run(qemu: FakeQemu, status: int) -> None:
    qemu.ends(status)
    assert not works("amd64", "kvm")


def test_a_guest_that_hangs_is_ended(qemu: FakeQemu, monkeypatch: pytest.MonkeyPatch) -> None:
    qemu.ends(33, wait_s=60)
    began = time.monotonic()
    assert not works("amd64", "kvm")
    assert time.monotonic() - began < acceleration.PROBE_TIMEOUT_S + 2


def test_without_qemu_there_is_no_acceleration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not works("amd64", "tcg")
    assert accelerator("amd64", tmp_path) == "tcg"


def test_another_architecture_is_always_emulated(qemu: FakeQemu, tmp_path: Path) -> None:
    assert accelerator("amd64", tmp_path, machine="aarch64") == "tcg"
    assert accelerator("arm64", tmp_path, machine="x86_64") == "tcg"
    assert qemu.starts == 0


@needs_kvm
@pytest.mark.parametrize(("status", "found"), [(33, "kvm"), (1, "tcg")])
def test_the_result_of_the_probe_is_stored(
    qemu: FakeQemu, tmp_path: Path, status: int, found: str
) -> None:
    qemu.ends(status)
    cache = tmp_path / "cache"
    assert [accelerator("amd64", cache, machine="x86_64") for _ in range(3)] == [found] * 3
    assert qemu.starts == 1
    assert [path.name for path in cache.iterdir()] == ["acceleration-amd64.json"]


@needs_kvm
@pytest.mark.parametrize(
    "note",
    [
        json.dumps({"identity": "another-boot /usr/bin/qemu-system-x86_64 1", "kvm": False}),
        json.dumps({"identity": f"{BOOT} /usr/bin/qemu-system-x86_64 1", "kvm": False}),
        json.dumps({"kvm": False}),
        "[]",
        "half a no",
    ],
    ids=["another boot", "another QEMU", "half", "a list", "cut off"],
)
def test_a_result_of_another_host_is_ignored(qemu: FakeQemu, tmp_path: Path, note: str) -> None:
    (tmp_path / "acceleration-amd64.json").write_text(note)
    assert accelerator("amd64", tmp_path, machine="x86_64") == "kvm"
    assert qemu.starts == 1


@needs_kvm
def test_the_probe_runs_again_with_a_newer_qemu(qemu: FakeQemu, tmp_path: Path) -> None:
    assert accelerator("amd64", tmp_path, machine="x86_64") == "kvm"
    qemu.ends(1)
    os.utime(qemu.path, ns=(0, 1))
    assert accelerator("amd64", tmp_path, machine="x86_64") == "tcg"
