"""Modules that DKMS builds are there for the kernel that runs, and for the one to fall back to."""

import re
from collections.abc import Iterable

import pytest

from upgradeproof.probes.boot import Boot
from upgradeproof.probes.dkms import Dkms, DkmsModule
from upgradeproof.runner import State

pytestmark = pytest.mark.own_kernel


@pytest.fixture
def modules(installed: State, upgraded: State) -> dict[str, str]:
    """Return the newest version of each module after the upgrade; skip where there is none."""
    if not installed[Dkms] and not upgraded[Dkms]:
        pytest.skip("DKMS has no modules on this machine")
    return newest(module for module in upgraded[Dkms].values() if module.name)


def newest(modules: Iterable[DkmsModule]) -> dict[str, str]:
    """Return the newest version by name; a version may be any text, so its numbers are compared."""
    ordered = sorted(modules, key=lambda module: numbered(module.version))
    return {module.name: module.version for module in ordered}


def numbered(version: str) -> list[str | int]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", version)]


def fault(state: State, name: str, version: str, kernel: str) -> str:
    """Return why a module is not installed for a kernel, with the end of its log; empty: it is."""
    found = state[Dkms].get(f"{name}/{version}/{kernel}")
    if found and found.state == "installed" and not found.note.startswith("(WARNING"):
        return ""
    added: DkmsModule | None = found or state[Dkms].get(f"{name}/{version}")
    headers = kernel in state[Boot]["current"].headers
    return "\n".join(
        [
            f"{name} {version} on {kernel}: {added.state if added else 'not built'}"
            f" {added.note if added else ''}".rstrip(),
            f"to do: dkms install {name}/{version} -k {kernel}"
            if headers
            else f"to do: install the headers of {kernel}, then dkms autoinstall -k {kernel}",
            *(["the end of make.log:", added.log] if added and added.log else []),
        ]
    )


def test_every_module_is_installed_for_the_running_kernel(
    upgraded: State, modules: dict[str, str]
) -> None:
    kernel = upgraded[Boot]["current"].release
    faults = [fault(upgraded, name, version, kernel) for name, version in modules.items()]
    assert not any(faults), "\n".join(filter(None, faults))


def test_every_module_is_installed_for_the_kernel_to_fall_back_to(
    upgraded: State, modules: dict[str, str]
) -> None:
    kernel = upgraded[Boot]["current"].fallback
    if not kernel:
        pytest.skip("only one kernel is installed")
    faults = [fault(upgraded, name, version, kernel) for name, version in modules.items()]
    assert not any(faults), "\n".join(filter(None, faults))


def test_headers_are_there_for_the_running_kernel(upgraded: State, modules: dict[str, str]) -> None:
    boot = upgraded[Boot]["current"]
    assert boot.release in boot.headers, (
        f"no headers for {boot.release}: {', '.join(modules)} can't be built for it;"
        " to do: install the headers' package that follows the kernel's"
    )


def test_dkms_reads_its_own_state(upgraded: State, modules: dict[str, str]) -> None:
    unreadable = [line for line, module in upgraded[Dkms].items() if module.state == "unreadable"]
    assert not unreadable, "\n".join([*unreadable, f"modules that it still knows: {modules}"])


def test_no_module_is_lost(installed: State, upgraded: State, modules: dict[str, str]) -> None:
    lost = {
        module.name
        for key, module in installed[Dkms].items()
        if module.name not in modules and not upgraded.reason_for(f"dkms/{key}")
    }
    assert not lost, f"DKMS knows these no more: {', '.join(sorted(lost))}"
