"""The index of the running kernel's modules is complete: what it does not know can't be loaded."""

import pytest

from upgradeproof.probes.module_index import ModuleIndex, ModuleIndexes
from upgradeproof.runner import State

pytestmark = pytest.mark.own_kernel


def index(state: State) -> ModuleIndex:
    return state[ModuleIndexes]["running"]


def summary(what: str, count: int, names: tuple[str, ...], state: State) -> str:
    head = f"{count} {what} in /lib/modules/{index(state).release}; to do: run depmod"
    return "\n".join([head, *names, *(["..."] if count > len(names) else [])])


def test_running_kernel_has_modules_and_an_index(upgraded: State) -> None:
    found = index(upgraded)
    assert not found.problem, (
        f"{found.release}: {found.problem}; to do: install the kernel's package again, or reboot"
        " into a kernel that is installed"
    )
    assert found.files, f"/lib/modules/{found.release} holds no module"


def test_every_module_file_is_in_the_index(upgraded: State) -> None:
    found = index(upgraded)
    assert not found.unlisted_count, summary(
        "modules that modules.dep does not name", found.unlisted_count, found.unlisted, upgraded
    )


def test_every_file_that_the_index_names_is_there(upgraded: State) -> None:
    found = index(upgraded)
    assert not found.missing_count, summary(
        "files are gone that modules.dep names", found.missing_count, found.missing, upgraded
    )


def test_index_is_newer_than_every_module(upgraded: State) -> None:
    found = index(upgraded)
    assert not found.newer_count, summary(
        "modules were written after modules.dep", found.newer_count, found.newer, upgraded
    )
