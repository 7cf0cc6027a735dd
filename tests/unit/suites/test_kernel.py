"""The suites of the kernel: each test passes on a good machine and fails on a changed one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from suites import (
    test_boot,
    test_devices,
    test_dkms,
    test_firewall,
    test_initramfs,
    test_kernel_fallback,
    test_kernel_log,
    test_kernel_module_configuration,
    test_kernel_module_index,
    test_kernel_modules,
)
from tests.unit.suites.states import FILE, OUTPUTS, RELEASE, state, state_with
from upgradeproof.probes import Probe
from upgradeproof.probes.boot import Boot
from upgradeproof.probes.configured_modules import ConfiguredModules
from upgradeproof.probes.devices import Devices
from upgradeproof.probes.dkms import Dkms, DkmsModule
from upgradeproof.probes.firewall import FilterTable, PacketFilter
from upgradeproof.probes.initramfs import InitramfsImages
from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.kernel_log import KernelLog
from upgradeproof.probes.module_index import ModuleIndexes
from upgradeproof.probes.modules import Modules
from upgradeproof.runner import State

SUITES = (
    test_boot,
    test_devices,
    test_dkms,
    test_firewall,
    test_initramfs,
    test_kernel_fallback,
    test_kernel_log,
    test_kernel_module_configuration,
    test_kernel_module_index,
    test_kernel_modules,
)
OF_MACHINES = {"allowed_port", "blocked_port", "fallback", "returned"}
"""Arguments of tests that talk to a machine, or boot one: see test_firewall_ports.py."""
Test = Callable[..., None]
TESTS = {
    name: test
    for suite in SUITES
    for name, test in vars(suite).items()
    if name.startswith("test_") and not OF_MACHINES & inspect.signature(test).parameters.keys()
}
CONFIGURED = OUTPUTS[ConfiguredModules]
OLD = "5.10.0-38-cloud-amd64"

Change = tuple[type[Probe[Any]], str, str]
SPOILT: list[tuple[str, Change, str]] = [
    ("running_kernel_is_the_newest_installed",
     (Boot, "image\t5.10", "image\t6.12"), "6.12.0-38-cloud-amd64 is the newest"),
    ("boot_loader_starts_the_running_kernel_by_default",
     (Boot, 'set default="0"', 'set default="1>1"'), "starts 5.10.0-38-cloud-amd64 by default"),
    ("boot_loader_finds_its_default_entry",
     (Boot, 'set default="0"', 'set default="9"'), "no entry is named '9'"),
    ("running_kernel_belongs_to_its_package",
     (Boot, "package\tlinux-image-6.1.0-44-cloud-amd64\n", ""), "no package any more"),
    ("running_kernel_is_that_of_its_package",
     (Boot, "_version\t6.1.164-1", "_version\t6.1.165-1"), "is 6.1.165-1, but"),
    ("kernel_reports_one_release_everywhere",
     (Boot, "Linux version 6.1.0-44", "Linux version 6.1.0-43"), "Linux version 6.1.0-43"),
    ("default_target_was_reached", (Boot, "state\tactive", "state\tinactive"), "is inactive"),
    ("every_boot_since_the_old_release_was_asked_for",
     (Boot, "10:00:00", "10:05:10"), "knows no boot from before"),
    ("every_boot_since_the_old_release_was_asked_for",
     (Boot, "boot\t -1", f"boot\t -2 {'ab' * 16} Mon 2026-03-09 10:05:10 UTC\nboot\t -1"),
     "rebooted unexpectedly"),
    ("every_boot_since_the_old_release_was_asked_for",
     (Boot, "10:05:20 UTC", "10:04:20 UTC"), "it did not reboot"),
    ("running_boot_is_one_that_was_asked_for",
     (Boot, "boot_id\t81e8", "boot_id\t91e8"), "is not one of this upgrade"),
    ("every_device_that_had_a_driver_has_one",
     (Devices, "driver\tbus/virtio/devices/virtio0\t", "x\ty\t"), "virtio_net drove it"),
    ("no_network_interface_is_lost",
     (Devices, "device\tclass/net/ens3", "x\ty"), "network/0000:00:03.0 ens3 is gone"),
    ("no_disk_is_lost",
     (Devices, "device\tclass/block/vda\t", "x\ty\t"), "0000:00:04.0 vda is gone"),
    ("network_interfaces_keep_their_names",
     (Devices, "device\tclass/net/ens3", "device\tclass/net/enp0s3"), "ens3 is called enp0s3"),
    ("every_module_is_installed_for_the_running_kernel",
     (Dkms, f"{RELEASE}, x86_64: installed", f"{RELEASE}, x86_64: built"), "44-cloud-amd64: built"),
    ("every_module_is_installed_for_the_kernel_to_fall_back_to",
     (Dkms, f"status\tlighthouse/1.2.8, {OLD}", "status\tx/1, y"), "install the headers of 5.10"),
    ("headers_are_there_for_the_running_kernel", (Boot, "headers\t", "x\t"), "no headers for"),
    ("dkms_reads_its_own_state",
     (Dkms, "status\t", "status\tError! Could not locate dkms.conf\nstatus\t"), "Error! Could not"),
    ("no_module_is_lost", (Dkms, "lighthouse", "beacon"), "no more: lighthouse"),
    ("no_table_is_lost_or_empty", (PacketFilter, "table ip nat {", "table ip6 nat {"), "in ip/nat"),
    ("every_rule_is_as_before",
     (PacketFilter, "policy drop", "policy accept"), "+ type filter hook input"),
    ("rules_are_loaded_at_the_next_boot",
     (PacketFilter, "table ip nat {", "table ip6 nat {"), "has lost these rules after a boot"),
    ("kernel_has_an_initramfs", (InitramfsImages, "\t100\n", "\t0\n"), "missing or empty"),
    ("initramfs_is_readable", (InitramfsImages, "status\t0", "message\tcpio: torn"), "cpio: torn"),
    ("initramfs_holds_every_driver_of_the_root_disk",
     (InitramfsImages, "status\t0", "depends\tinsmod ext4.ko\nstatus\t0"), "lacks ext4"),
    ("every_installed_kernel_has_its_initramfs",
     (Boot, f"initramfs\t{OLD}\n", ""), f"for {OLD}"),
    ("kernel_from_before_is_still_installed",
     (Boot, f"image\t{RELEASE}\n", ""), "no kernel to roll back to"),
    ("no_module_lacks_a_symbol", (KernelLog, "", "a: Unknown symbol b (err -2)"), "load what it"),
    ("no_module_disagrees_about_the_version_of_a_symbol",
     (KernelLog, "", "a: disagrees about version of symbol module_layout"), "rebuild"),
    ("no_module_has_an_invalid_format", (KernelLog, "", "a: Invalid module format"), "rebuild"),
    ("no_module_is_refused_for_its_signature",
     (KernelLog, "", "a: Required key not available"), "mokutil"),
    ("no_firmware_is_missing",
     (KernelLog, "", "a: Direct firmware load for b.fw failed with error -2"), "the firmware"),
    ("log_reports_no_new_taint_of_the_kernel",
     (KernelLog, "", "a: loading out-of-tree module taints kernel."), "taints"),
    ("kernel_does_not_crash_or_hang", (KernelLog, "", "BUG: unable to handle page fault"), "BUG"),
    ("no_disk_and_no_file_system_fails", (KernelLog, "", "I/O error, dev vda"), "I/O error"),
    ("memory_does_not_run_out", (KernelLog, "", "Out of memory: Killed process 7"), "Out of"),
    ("every_module_is_loaded_that_must_be",
     (ConfiguredModules, "loaded\t8021q\n", ""), f"8021q on {RELEASE} is loadable"),
    ("every_module_is_there_that_the_configuration_uses",
     (ConfiguredModules, CONFIGURED[CONFIGURED.index("tried\text4"):],
      "tried\text4\t1\tmodprobe: FATAL: Module ext4 not found in directory /x\n"), "run depmod"),
    ("no_module_is_loaded_that_is_forbidden",
     (ConfiguredModules, "loaded\t", "loaded\tpcspkr\nloaded\t"), "pcspkr"),
    ("options_of_modules_are_in_force",
     (Modules, "fast:Y", "fast:N"), "8021q: fast is 'N', where"),
    ("no_configured_module_is_forgotten",
     (ConfiguredModules, "line\t/etc/modules\t8021q\n", ""), "8021q: /etc/modprobe.d"),
    ("running_kernel_has_modules_and_an_index",
     (ModuleIndexes, "files", "problem\tindex\nfiles"), "there is no modules.dep"),
    ("every_module_file_is_in_the_index",
     (ModuleIndexes, "files", "count\tunlisted\t1\nunlisted\ta.ko\nfiles"), "a.ko"),
    ("every_file_that_the_index_names_is_there",
     (ModuleIndexes, "files", "count\tmissing\t9\nmissing\ta.ko\nfiles"), "9 files are gone"),
    ("index_is_newer_than_every_module",
     (ModuleIndexes, "files", "count\tnewer\t1\nnewer\ta.ko\nfiles"), "written after"),
    ("no_loaded_module_is_lost", (Modules, "8021q", "other"), f"8021q on {RELEASE}"),
    ("module_parameters_are_preserved", (Modules, "fast:Y", "fast:N"), "8021q: {'fast': 'Y'} ->"),
    ("every_loaded_module_has_a_file",
     (Modules, f"filename: {FILE}", "modinfo: ERROR: Module 8021q not found."), "not found.: this"),
    ("every_loaded_module_is_built_for_the_running_kernel",
     (Modules, f"vermagic: {RELEASE}", "vermagic: 5.10"), "is built for 5.10 SMP"),
    ("every_loaded_module_comes_from_the_running_kernels_folder",
     (Modules, "filename: /lib/modules/6.1", "filename: /lib/modules/6.2"), "8021q: /lib/modules"),
    ("every_loaded_module_is_the_one_on_the_disk",
     (Modules, "srcversion:0A1B", "srcversion:FFFF"), "its file was replaced"),
    ("everything_that_a_loaded_module_depends_on_is_there",
     (Modules, "depends: crc16", "depends: crc16,garp"), "depends on garp"),
    ("kernel_has_no_new_taint", (Kernel, "taint\t0", "taint\t4096"), "from 0 to 4096"),
]  # fmt: skip
"""The name of each test, the changed output, and a part of the message that must follow."""


def run(test: Test, installed: State, upgraded: State) -> None:
    """Run a test with the arguments that it names, including the fixtures of its suite."""
    own = vars(inspect.getmodule(test) or ModuleType(""))
    values: dict[str, Any] = {
        "installed": installed,
        "upgraded": upgraded,
        "installed_rebooted": installed,
        "rebooted": upgraded,
        "expectations": upgraded.cell.expect,
        "module": "8021q",
    }
    for name in inspect.signature(test).parameters:
        if name not in values:
            fixture = own[name].__wrapped__
            asked = inspect.signature(fixture).parameters
            values[name] = fixture(**{key: values[key] for key in asked})
    test(**{name: values[name] for name in inspect.signature(test).parameters})


@pytest.mark.parametrize("name", TESTS)
def test_a_good_machine_passes(name: str) -> None:
    run(TESTS[name], state(name="installed"), state())


@pytest.mark.parametrize(
    ("name", "change", "words"), SPOILT, ids=[f"{i}-{s[0]}" for i, s in enumerate(SPOILT)]
)
def test_a_changed_machine_fails(name: str, change: Change, words: str) -> None:
    probe, old, new = change
    assert old in OUTPUTS[probe]
    spoilt = OUTPUTS[probe].replace(old, new) if old else new
    with pytest.raises(AssertionError) as caught:
        run(TESTS[f"test_{name}"], state(name="installed"), state({probe: spoilt}))
    assert words in str(caught.value)


def test_another_order_of_rules_is_named_also_after_other_changes() -> None:
    def tables(first: str, *second: str) -> State:
        rules = {"inet/a": (first,), "inet/b": second}
        found = {
            key: FilterTable(sha256=" ".join(lines), rules=lines) for key, lines in rules.items()
        }
        return state_with({PacketFilter: found})

    with pytest.raises(AssertionError) as caught:
        run(
            TESTS["test_every_rule_is_as_before"],
            tables("drop", "tcp", "udp"),
            tables("accept", "udp", "tcp"),
        )
    assert "inet/a: + accept" in str(caught.value)
    assert "inet/b: the same rules in another order" in str(caught.value)


def test_a_required_module_must_be_loaded_or_built_in() -> None:
    required = test_kernel_modules.test_required_module_is_loaded
    required(state(), "crc16")
    with pytest.raises(AssertionError, match=f"no-such on {RELEASE}|no_such on {RELEASE}"):
        required(state(), "no-such")


def test_every_test_of_facts_has_a_change_that_fails_it() -> None:
    spoilt = {f"test_{name}" for name, *_ in SPOILT} | {"test_required_module_is_loaded"}
    assert spoilt == set(TESTS)


def test_an_upgrade_without_a_reboot_must_not_boot() -> None:
    quiet = OUTPUTS[Boot].replace("10:05:20 UTC", "10:04:20 UTC")
    plan: dict[str, Any] = {"upgrade": "true"}
    for name in (
        "test_every_boot_since_the_old_release_was_asked_for",
        "test_running_boot_is_one_that_was_asked_for",
    ):
        run(TESTS[name], state(name="installed"), state({Boot: quiet}, **plan))
        with pytest.raises(AssertionError):
            run(TESTS[name], state(name="installed"), state(**plan))


@pytest.mark.parametrize("probe", [Dkms, PacketFilter])
def test_a_missing_section_is_not_applicable(probe: type[Probe[Any]]) -> None:
    suite = test_dkms if probe is Dkms else test_firewall
    tests = [t for n, t in TESTS.items() if inspect.getmodule(t) is suite]
    for test in tests:
        with pytest.raises(pytest.skip.Exception):
            run(test, state({probe: ""}, name="installed"), state({probe: ""}))


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("1", "Y", True),
        ("", "Y", True),
        ("0", "N", True),
        ("0", "Y", False),
        ("0x10", "16", True),
        ("a,b", "a,b", True),
        ("250", "251", False),
    ],
)
def test_a_value_is_the_same_however_it_is_written(wanted: str, found: str, same: bool) -> None:
    assert test_kernel_module_configuration.same(wanted, found) is same


def test_of_two_versions_of_a_module_the_newest_is_used() -> None:
    """Versions are in numerical order; real ones contain an underscore, unlike Debian versions."""
    versions = ("5.10_35491.20191025", "5.9_1", "5.6.4.2_35491")
    found = (DkmsModule(name="rtl", version=version, state="added") for version in versions)
    assert test_dkms.newest(found) == {"rtl": "5.10_35491.20191025"}
