"""Each daemon accepts its configuration as it did before, also where the plan names no check."""

import pytest

from upgradeproof.plan import Config, Expectations
from upgradeproof.probes.config_checks import (
    ConfigCheck,
    ConfigChecks,
    decisive,
    new_complaints,
)
from upgradeproof.probes.configs import Configs
from upgradeproof.runner import State


def test_no_daemon_refuses_a_configuration_that_it_accepted(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    before = installed[ConfigChecks]
    if not before and not upgraded[ConfigChecks]:
        pytest.skip("no daemon on the machine has a known check of its configuration")
    refused = [
        f"{name} refuses its configuration: {reason(check)}"
        for name, check in upgraded[ConfigChecks].items()
        if not check.accepted
        and (name not in before or before[name].accepted)
        and not expectations.reason_for(f"config_checks/{name}/accepted")
    ]
    assert not refused, "\n".join(refused)


def test_no_daemon_warns_of_a_setting_for_the_first_time(
    installed: State, upgraded: State, expectations: Expectations
) -> None:
    before = installed[ConfigChecks]
    if not before.keys() & upgraded[ConfigChecks].keys():
        pytest.skip("no daemon's configuration was checked before and after the upgrade")
    warned = [
        f"{name}: {line}"
        for name, check in upgraded[ConfigChecks].items()
        if name in before
        and check.accepted
        and not expectations.reason_for(f"config_checks/{name}/output")
        for line in new_complaints(before[name].output, check.output)
    ]
    assert not warned, "\n".join(warned)


@pytest.mark.subject("checked_config")
def test_declared_check_prints_no_new_warning(
    installed: State, upgraded: State, checked_config: Config
) -> None:
    before, after = (state[Configs][checked_config.path] for state in (installed, upgraded))
    warned = new_complaints(before.check_output, after.check_output) if after.accepted else []
    assert not warned, "\n".join([f"{checked_config.check}:", *warned])


def reason(check: ConfigCheck) -> str:
    """Return what a checker prints about a refusal."""
    if check.problem:
        return f"`{check.command}`: {check.problem}"
    return "\n  ".join([f"`{check.command}` printed", *decisive(check.output)])
