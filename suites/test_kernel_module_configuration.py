"""What an administrator wrote about modules still holds: loaded, forbidden, with these options."""

import pytest

from upgradeproof.probes.configured_modules import ConfiguredModule, ConfiguredModules
from upgradeproof.probes.kernel import Kernel
from upgradeproof.probes.module_errors import advice
from upgradeproof.probes.modules import Modules
from upgradeproof.runner import State

pytestmark = pytest.mark.own_kernel

TRUE, FALSE = frozenset({"1", "y", "yes", "on", "true", ""}), frozenset({"0", "n", "no", "off"})


def described(state: State, name: str, module: ConfiguredModule) -> str:
    release = state[Kernel]["running"].release
    problem = f": {module.problem}: {advice(module.problem)}" if module.problem else ""
    return f"{name} on {release} is {module.state}, named in {', '.join(module.named_in)}{problem}"


def not_loaded(state: State) -> dict[str, str]:
    return {
        name: described(state, name, module)
        for name, module in state[ConfiguredModules].items()
        if module.loads and not module.blacklisted and module.state not in ("loaded", "builtin")
    }


def not_there(state: State) -> dict[str, str]:
    return {
        name: described(state, name, module)
        for name, module in state[ConfiguredModules].items()
        if (module.uses or module.options) and module.state == "missing"
    }


def forbidden_and_loaded(state: State) -> dict[str, str]:
    return {
        name: described(state, name, module)
        for name, module in state[ConfiguredModules].items()
        if module.blacklisted and module.state == "loaded"
    }


def same(wanted: str, found: str) -> bool:
    """Return whether a parameter has the value that an option sets, in any notation."""
    if found.upper() in ("Y", "N"):
        return wanted.lower() in (TRUE if found.upper() == "Y" else FALSE)
    try:
        return int(wanted, 0) == int(found, 0)
    except ValueError:
        return wanted.strip("\"'") == found


def not_in_force(state: State) -> dict[str, str]:
    return {
        f"{name}.{option}": f"{name}: {option} is {parameters[option]!r}, where"
        f" {', '.join(module.named_in)} sets {wanted!r}"
        for name, module in state[ConfiguredModules].items()
        if name in state[Modules]
        for parameters in [state[Modules][name].parameters]
        for option, wanted in module.options.items()
        if option in parameters and not same(wanted, parameters[option])
    }


def new(after: dict[str, str], before: dict[str, str]) -> list[str]:
    return [text for name, text in after.items() if name not in before]


def test_every_module_is_loaded_that_must_be(installed: State, upgraded: State) -> None:
    failed = new(not_loaded(upgraded), not_loaded(installed))
    assert not failed, "\n".join(failed)


def test_every_module_is_there_that_the_configuration_uses(
    installed: State, upgraded: State
) -> None:
    failed = new(not_there(upgraded), not_there(installed))
    assert not failed, "\n".join(failed)


def test_no_module_is_loaded_that_is_forbidden(installed: State, upgraded: State) -> None:
    failed = new(forbidden_and_loaded(upgraded), forbidden_and_loaded(installed))
    assert not failed, "\n".join(failed)


def test_options_of_modules_are_in_force(installed: State, upgraded: State) -> None:
    failed = new(not_in_force(upgraded), not_in_force(installed))
    assert not failed, "\n".join(failed)


def test_no_configured_module_is_forgotten(installed: State, upgraded: State) -> None:
    after = upgraded[ConfiguredModules]
    forgotten = [
        f"{name}: {', '.join(module.named_in)}"
        for name, module in installed[ConfiguredModules].items()
        if module.loads and not (name in after and after[name].loads)
    ]
    assert not forgotten, "\n".join(["no file asks for these any more:", *forgotten])
