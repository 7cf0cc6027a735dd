"""The files of kernel modules, the index of them, and the advice for their problems."""

from __future__ import annotations

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.base import Facts, diff
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.module_errors import advice
from upgradeproof.probes.module_index import ModuleIndex, ModuleIndexes
from upgradeproof.probes.modules import Modules, module_name

RELEASE = "6.12.90+deb13.1-cloud-amd64"


def test_a_loaded_module_is_read_with_its_file() -> None:
    modules = Modules.parse(captured("modules"), ProbeInputs())
    tables = modules["nf_tables"]
    assert tables.file == f"/lib/modules/{RELEASE}/kernel/net/netfilter/nf_tables.ko.xz"
    assert tables.vermagic == f"{RELEASE} SMP preempt mod_unload modversions"
    assert tables.depends == ("libcrc32c", "nfnetlink")
    assert modules["virtio_rng"].file.endswith("/virtio-rng.ko.xz")


def test_a_loaded_module_without_a_file_is_marked() -> None:
    lost = Modules.parse(captured("modules"), ProbeInputs())["lighthouse"]
    assert (lost.file, lost.problem) == ("", "Module lighthouse not found.")
    assert (lost.srcversion, lost.version) == ("0A1B2C", "1.3.0")


def test_another_kernel_with_the_same_modules_is_no_difference() -> None:
    first, second = (
        Facts({"modules": Modules.parse(text, ProbeInputs())})
        for text in (captured("modules"), captured("modules").replace(RELEASE, "6.13.1-amd64"))
    )
    assert diff(first, second) == ()


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/lib/modules/6.1/kernel/net/8021q/8021q.ko", "8021q"),
        ("kernel/drivers/char/hw_random/virtio-rng.ko.xz", "virtio_rng"),
        ("nvme-core", "nvme_core"),
        ("", ""),
    ],
)
def test_the_name_of_a_module_is_derived_from_its_file(path: str, name: str) -> None:
    assert module_name(path) == name


def test_an_index_is_read() -> None:
    assert ModuleIndexes.parse(captured("module_index"), ProbeInputs())["running"] == ModuleIndex(
        release="6.1.0-44-cloud-amd64",
        files=1700,
        builtin=("8250", "virtio_ring"),
        unlisted=("updates/dkms/lighthouse.ko",),
        unlisted_count=1,
        missing=("kernel/lib/gone.ko",),
        missing_count=41,
        newer=("kernel/net/8021q/8021q.ko",),
        newer_count=1,
    )


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("folder", "the running kernel has no folder of modules"),
        ("index", "there is no modules.dep"),
    ],
)
def test_a_missing_index_is_reported(word: str, problem: str) -> None:
    found = ModuleIndexes.parse(f"release\t6.1\nproblem\t{word}\n", ProbeInputs())["running"]
    assert found.problem == problem


def test_a_container_has_no_index() -> None:
    assert ModuleIndexes.parse("", ProbeInputs()) == {}


@pytest.mark.parametrize(
    ("words", "reason", "remedy"),
    [
        ("x: Unknown symbol kvfree_call_rcu (err -2)", "a symbol", "roll back the kernel"),
        ("x: disagrees about version of symbol module_layout", "another kernel's symbols", "DKMS"),
        ("could not insert 'x': Invalid module format", "another kernel", "headers"),
        ("could not insert 'x': Exec format error", "another kernel", "headers"),
        ("x: .gnu.linkonce.this_module section size must match", "another kernel", "headers"),
        ("could not insert 'x': Required key not available", "no signature", "mokutil"),
        ("could not insert 'x': Key was rejected by service", "no signature", "mokutil"),
        (
            "modprobe: FATAL: Module x not found in directory /lib/modules/6.1",
            "no such module",
            "depmod",
        ),
        ("could not insert 'x': No such device", "no device", "lspci"),
        ("could not insert 'x': Operation not permitted", "locked down", "lockdown"),
        ("Direct firmware load for a.fw failed with error -2", "firmware", "install"),
        ("could not insert 'x': Invalid argument", "parameters", "modprobe.d"),
        ("could not insert 'x': Device or resource busy", "something else", "softdep"),
        ("", "not known", "roll back the kernel"),
    ],
)
def test_a_kernel_message_is_mapped_to_a_reason_and_a_remedy(
    words: str, reason: str, remedy: str
) -> None:
    found = advice(words)
    assert reason in found.reason
    assert remedy in found.remedy
    assert str(found) == f"{found.reason}; to do: {found.remedy}"
