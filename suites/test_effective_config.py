"""What the administrator set is still in force, by what the daemons themselves print."""

from collections.abc import Iterator

import pytest

from upgradeproof.probes.effective_config import EffectiveConfig, Setting
from upgradeproof.runner import State

PREFIX = f"{EffectiveConfig.section}/"


def test_setting_of_the_administrator_is_in_force(installed: State, upgraded: State) -> None:
    if not any(setting.set_by for setting in installed[EffectiveConfig].values()):
        pytest.skip("no daemon printed a setting of an administrator before the upgrade")
    lost = [
        f"{name} = {was.value}, set by {was.set_by}, is not in force any more: {now(new)}"
        for name, was, new in unexpected(installed, upgraded)
        if was.set_by
    ]
    assert not lost, "\n".join(lost)


def test_important_default_is_as_before(installed: State, upgraded: State) -> None:
    """Only of daemons that the plan names, and only settings that their data file lists."""
    if not any(setting.important for setting in installed[EffectiveConfig].values()):
        pytest.skip("no daemon of the plan printed an important setting before the upgrade")
    changed = [
        f"the default of {name} was {was.value}: {now(new)}"
        for name, was, new in unexpected(installed, upgraded)
        if was.important and not was.set_by
    ]
    assert not changed, "\n".join(changed)


@pytest.mark.follows("test_config_checks::test_no_daemon_refuses*")
def test_daemon_prints_its_settings_as_before(installed: State, upgraded: State) -> None:
    if all(setting.problem for setting in installed[EffectiveConfig].values()):
        pytest.skip("no daemon printed its settings before the upgrade")
    failed = [
        f"{name} printed its settings before the upgrade: {new.problem}"
        for name, was, new in unexpected(installed, upgraded)
        if new is not None and new.problem and not was.problem
    ]
    assert not failed, "\n".join(failed)


def unexpected(installed: State, upgraded: State) -> Iterator[tuple[str, Setting, Setting | None]]:
    """Yield name, old and new record of each setting whose change nothing explains."""
    before, after = installed[EffectiveConfig], upgraded[EffectiveConfig]
    for change in upgraded.regressions:
        if change.path.startswith(PREFIX):
            path = change.path.removeprefix(PREFIX)
            name = path if path in before else path.rpartition("/")[0]
            if name in before:
                yield name, before[name], after.get(name)


def now(new: Setting | None) -> str:
    """Return what became of a setting."""
    return "it is gone" if new is None else f"it is {new.value or 'empty'}"
