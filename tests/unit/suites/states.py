"""States of a machine with its own kernel, made of the output of probes, without a machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from tests.unit.probes.captured_text import captured
from tests.unit.runner.world import cell
from upgradeproof.machines import Machine
from upgradeproof.probes import Facts, Probe, ProbeInputs
from upgradeproof.probes.boot import Boot
from upgradeproof.probes.configured_modules import ConfiguredModules
from upgradeproof.probes.devices import Devices
from upgradeproof.probes.dkms import Dkms
from upgradeproof.probes.firewall import PacketFilter
from upgradeproof.probes.initramfs import InitramfsImages
from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.kernel_log import KernelLog
from upgradeproof.probes.module_index import ModuleIndexes
from upgradeproof.probes.modules import Modules
from upgradeproof.results import Fidelity
from upgradeproof.runner import State

RELEASE = "6.1.0-44-cloud-amd64"
FILE = f"/lib/modules/{RELEASE}/kernel/net/8021q/8021q.ko"
CAPTURED_BOOT = captured("boot").replace("image\t6.1.0-9-cloud-amd64\n", "")
OUTPUTS: Mapping[type[Probe[Any]], str] = {
    Boot: CAPTURED_BOOT,
    ConfiguredModules: (
        "line\t/etc/modules\t8021q\n"
        "line\t/etc/modprobe.d/a.conf\toptions 8021q fast=1\n"
        "line\t/etc/modprobe.d/a.conf\tblacklist pcspkr\n"
        "line\t/etc/fstab\tUUID=a / ext4 defaults 0 1\n"
        "loaded\t8021q\n"
        f"tried\t8021q\t0\tinsmod {FILE} \n"
        f"tried\text4\t0\tinsmod /lib/modules/{RELEASE}/kernel/fs/ext4/ext4.ko \n"
    ),
    Devices: captured("devices"),
    Dkms: (
        f"status\tlighthouse/1.2.8, {RELEASE}, x86_64: installed\n"
        "status\tlighthouse/1.2.8, 5.10.0-38-cloud-amd64, x86_64: installed\n"
    ),
    PacketFilter: captured("firewall"),
    InitramfsImages: f"kernel\trunning\t{RELEASE}\t100\nneeds\text4\t0\nstatus\t0\nsame\n",
    Kernel: f"release\t{RELEASE}\nversion\t#1\narchitecture\tx86_64\ntaint\t0\n",
    KernelLog: "",
    ModuleIndexes: f"release\t{RELEASE}\nbuiltin\tkernel/lib/crc16.ko\nfiles\t1700\n",
    Modules: (
        "8021q 40960 0 - Live 0x0\n=8021q\n"
        "/sys/module/8021q/srcversion:0A1B\n/sys/module/8021q/parameters/fast:Y\n"
        f"filename: {FILE}\ndepends: crc16\nsrcversion: 0A1B\nvermagic: {RELEASE} SMP\n"
    ),
}
"""The output of a machine without problems, whose kernel was upgraded with one reboot."""
BETWEEN_BOOTS = 1773050701.0
"""2026-03-09 10:05:01 UTC: when the upgrade began, in the boots that were captured."""
Spoil = Callable[[str], str]


def state(
    spoilt: Mapping[type[Probe[Any]], str] | None = None, *, name: str = "upgraded", **plan: Any
) -> State:
    """Return a state without problems, in which the outputs of some probes are replaced."""
    upgrade = plan.pop("upgrade", [{"step": "reboot"}])
    outputs = {**OUTPUTS, **(spoilt or {})}
    inputs = ProbeInputs(since=BETWEEN_BOOTS)
    facts = Facts({p.section: p.parse(text, inputs) for p, text in outputs.items()})
    fidelity = Fidelity(kernel="own", execution="native", boot="own")
    return State(name, cell(upgrade=upgrade, **plan), fidelity, facts, (), 0.0, (), _machine)


def container(machine: object = None, **plan: Any) -> State:
    """Return a state without problems of a container, with a fake in place of its machine."""
    fidelity = Fidelity(kernel="shared", execution="native")
    return replace(state(**plan), fidelity=fidelity, _machine=lambda: cast("Machine", machine))


def state_with(records: Mapping[type[Probe[Any]], Mapping[str, Any]], **plan: Any) -> State:
    """Return a state that has these records, and no other facts."""
    fidelity = Fidelity(kernel="shared", execution="native")
    facts = Facts({probe.section: each for probe, each in records.items()})
    return State("rebooted", cell(**plan), fidelity, facts, (), 0.0, (), _machine)


def _machine() -> Any:
    raise AssertionError("a test of facts asked for the machine")
