"""The kernel complains of nothing that it did not complain of before."""

import pytest

from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.kernel_log import KernelLog, Kind
from upgradeproof.probes.module_errors import advice
from upgradeproof.runner import State

pytestmark = pytest.mark.own_kernel


def new(installed: State, upgraded: State, *kinds: Kind) -> list[str]:
    """Return the new complaints of some kinds, each with its remedy where there is one."""
    release = upgraded[Kernel]["running"].release
    return [
        f"{release}: {complaint.sample} ({complaint.count} times): {advice(complaint.sample)}"
        for key, complaint in upgraded[KernelLog].items()
        if complaint.kind in kinds
        and key not in installed[KernelLog]
        and not upgraded.reason_for(f"kernel_log/{key}")
    ]


def test_no_module_lacks_a_symbol(installed: State, upgraded: State) -> None:
    found = new(installed, upgraded, "symbol")
    assert not found, "\n".join(found)


def test_no_module_disagrees_about_the_version_of_a_symbol(
    installed: State, upgraded: State
) -> None:
    found = new(installed, upgraded, "version")
    assert not found, "\n".join(found)


def test_no_module_has_an_invalid_format(installed: State, upgraded: State) -> None:
    found = new(installed, upgraded, "format")
    assert not found, "\n".join(found)


def test_no_module_is_refused_for_its_signature(installed: State, upgraded: State) -> None:
    found = new(installed, upgraded, "signature")
    assert not found, "\n".join(found)


def test_no_firmware_is_missing(installed: State, upgraded: State) -> None:
    found = new(installed, upgraded, "firmware")
    assert not found, "\n".join(found)


def test_log_reports_no_new_taint_of_the_kernel(installed: State, upgraded: State) -> None:
    found = new(installed, upgraded, "taint")
    assert not found, "\n".join(found)


def test_kernel_does_not_crash_or_hang(installed: State, upgraded: State) -> None:
    found = new(installed, upgraded, "crash")
    assert not found, "\n".join(found)


def test_no_disk_and_no_file_system_fails(installed: State, upgraded: State) -> None:
    found = new(installed, upgraded, "disk")
    assert not found, "\n".join(found)


def test_memory_does_not_run_out(installed: State, upgraded: State) -> None:
    found = new(installed, upgraded, "memory")
    assert not found, "\n".join(found)
