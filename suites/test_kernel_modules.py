"""The kernel and its modules. A container shares its host's kernel and can prove none of this."""

import pytest

from upgradeproof.journey import State
from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.modules import Modules

pytestmark = pytest.mark.own_kernel


def test_every_required_module_is_loaded(upgraded: State) -> None:
    missing = [name for name in upgraded.cell.expect.modules if name not in upgraded[Modules]]
    assert not missing, f"neither loaded nor built in: {missing}"


def test_no_loaded_module_is_lost(installed: State, upgraded: State) -> None:
    lost = sorted(installed[Modules].keys() - upgraded[Modules].keys())
    assert not lost, f"loaded before, not after: {lost}"


def test_module_parameters_are_kept(installed: State, upgraded: State) -> None:
    changed = [
        name
        for name, module in upgraded[Modules].items()
        if name in installed[Modules] and module.parameters != installed[Modules][name].parameters
    ]
    assert not changed, f"other parameters than before: {changed}"


def test_kernel_is_not_tainted_anew(installed: State, upgraded: State) -> None:
    before, after = installed[Kernel]["running"].taint, upgraded[Kernel]["running"].taint
    assert not after & ~before, f"the kernel's taint went from {before} to {after}"
