"""The kernel from before really boots, by the boot loader, and its modules are there; and back."""

from collections.abc import Iterable

import pytest

from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.module_index import present
from upgradeproof.probes.modules import module_name
from upgradeproof.probes.services import Services
from upgradeproof.runner import State

pytestmark = [pytest.mark.own_kernel, pytest.mark.destructive]


def absent(state: State, modules: Iterable[str]) -> list[str]:
    there = present(state.facts)
    return [name for name in modules if module_name(name) not in there]


def test_kernel_from_before_boots(installed: State, upgraded: State, fallback: State) -> None:
    new, found = upgraded[Kernel]["running"].release, fallback[Kernel]["running"].release
    assert found != new, f"the boot loader was set to start another kernel, and started {new}"
    before = installed[Kernel]["running"].release
    assert found == before, f"{found} runs to fall back on, where {before} ran before the upgrade"


def test_every_required_module_is_there_on_the_kernel_from_before(
    upgraded: State, fallback: State
) -> None:
    release = fallback[Kernel]["running"].release
    missing = absent(fallback, upgraded.cell.expect.modules)
    assert not missing, f"neither loaded nor built into {release}: {missing}"


@pytest.mark.subject("service")
def test_service_is_active_on_the_kernel_from_before(fallback: State, service: str) -> None:
    name = fallback.cell.expect.service_in("upgraded", service)
    unit = fallback[Services].get(name or "")
    release = fallback[Kernel]["running"].release
    assert unit is not None, f"{service} is not there on {release}"
    assert unit.active == "active", f"{service} is {unit.active} on {release} ({unit.result})"


def test_the_next_boot_returns_to_the_new_kernel(upgraded: State, returned: State) -> None:
    new, found = upgraded[Kernel]["running"].release, returned[Kernel]["running"].release
    assert found == new, f"after the return {found} runs, and not {new}"


def test_every_required_module_is_there_after_the_return(upgraded: State, returned: State) -> None:
    missing = absent(returned, upgraded.cell.expect.modules)
    assert not missing, f"neither loaded nor built in: {missing}"
