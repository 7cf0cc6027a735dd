"""The kernel and its modules. A container shares its host's kernel and can prove none of this."""

import pytest

from upgradeproof.probes.configured_modules import ConfiguredModules
from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.module_errors import advice
from upgradeproof.probes.module_index import present
from upgradeproof.probes.modules import Module, Modules, module_name
from upgradeproof.runner import State

pytestmark = pytest.mark.own_kernel


def release(state: State) -> str:
    return state[Kernel]["running"].release


def loaded(state: State) -> dict[str, Module]:
    return {name: module for name, module in state[Modules].items() if module.state != "builtin"}


def why(state: State, name: str) -> str:
    """Return what modprobe reports about a module, and what to do."""
    tried = state[ConfiguredModules].get(name)
    words = tried.problem if tried else ""
    return f"{name} on {release(state)}: {words or 'not loaded'}: {advice(words)}"


@pytest.mark.subject("module")
def test_required_module_is_loaded(upgraded: State, module: str) -> None:
    name = module_name(module)
    assert name in present(upgraded.facts), why(upgraded, name)


def test_no_loaded_module_is_lost(installed: State, upgraded: State) -> None:
    there = present(upgraded.facts)
    lost = [
        why(upgraded, name)
        for name in loaded(installed)
        if name not in there and not upgraded.reason_for(f"modules/{name}")
    ]
    assert not lost, "\n".join(["loaded before, neither loaded nor built in after:", *lost])


def test_module_parameters_are_preserved(installed: State, upgraded: State) -> None:
    changed = [
        f"{name}: {installed[Modules][name].parameters} -> {module.parameters}"
        for name, module in upgraded[Modules].items()
        if name in installed[Modules]
        and module.parameters != installed[Modules][name].parameters
        and not upgraded.reason_for(f"modules/{name}/parameters")
    ]
    assert not changed, "\n".join(changed)


def test_every_loaded_module_has_a_file(upgraded: State) -> None:
    without = [
        f"{name} on {release(upgraded)}: {module.problem or 'modinfo finds no file'}:"
        f" {advice(module.problem or 'module not found')}"
        for name, module in loaded(upgraded).items()
        if not module.file
    ]
    assert not without, "\n".join(without)


def test_every_loaded_module_is_built_for_the_running_kernel(upgraded: State) -> None:
    foreign = [
        f"{name} on {release(upgraded)}: {module.file} is built for"
        f" {module.vermagic or 'no kernel that it names'}: {advice('version magic')}"
        for name, module in loaded(upgraded).items()
        if module.file and module.vermagic.split()[:1] != [release(upgraded)]
    ]
    assert not foreign, "\n".join(foreign)


def test_every_loaded_module_comes_from_the_running_kernels_folder(upgraded: State) -> None:
    folder = f"/lib/modules/{release(upgraded)}/"
    elsewhere = [
        f"{name}: {module.file}"
        for name, module in loaded(upgraded).items()
        if module.file and not module.file.removeprefix("/usr").startswith(folder)
    ]
    assert not elsewhere, "\n".join(elsewhere)


def test_every_loaded_module_is_the_one_on_the_disk(upgraded: State) -> None:
    stale = [
        f"{name} on {release(upgraded)}: {module.srcversion} is loaded, {module.file} is"
        f" {module.file_srcversion}: its file was replaced; to do: load it again, or reboot"
        for name, module in loaded(upgraded).items()
        if module.file and module.srcversion and module.srcversion != module.file_srcversion
    ]
    assert not stale, "\n".join(stale)


def test_everything_that_a_loaded_module_depends_on_is_there(upgraded: State) -> None:
    there = present(upgraded.facts)
    lacking = [
        f"{name} on {release(upgraded)} depends on {needed}, which is not loaded"
        for name, module in loaded(upgraded).items()
        for needed in module.depends
        if module_name(needed) not in there
    ]
    assert not lacking, "\n".join(lacking)


def test_kernel_has_no_new_taint(installed: State, upgraded: State) -> None:
    before, after = installed[Kernel]["running"].taint, upgraded[Kernel]["running"].taint
    assert not after & ~before, f"the kernel's taint went from {before} to {after}"
