"""The checks of configurations that a daemon refuses or warns about."""

from __future__ import annotations

import pytest

from suites.test_config_checks import (
    test_declared_check_prints_no_new_warning as declared,
)
from suites.test_config_checks import (
    test_no_daemon_refuses_a_configuration_that_it_accepted as refuses,
)
from suites.test_config_checks import (
    test_no_daemon_warns_of_a_setting_for_the_first_time as warns,
)
from suites.test_config_formats import test_daemon_accepts_its_config as accepts
from tests.unit.suites.states import state
from upgradeproof.plan import Config, Expectations
from upgradeproof.preflight import Situation
from upgradeproof.preflight.checks.daemons import findings
from upgradeproof.probes import Facts
from upgradeproof.probes.config_checks import ConfigCheck, ConfigChecks
from upgradeproof.probes.configs import Config as ConfigFile
from upgradeproof.probes.configs import Configs
from upgradeproof.probes.services import Service, Services
from upgradeproof.runner import State

NOTHING = Expectations()
DEPRECATED = "named.conf:9: option 'auto-dnssec' is deprecated"
CONFIG = Config(path="/etc/a.conf", check="a -t")


def state_with(
    checks: dict[str, ConfigCheck] | None = None,
    file: ConfigFile | None = None,
    active: str = "active",
) -> State:
    sound = state()
    facts = Facts(
        {
            ConfigChecks.section: checks or {},
            Services.section: {"ssh.service": Service(active=active)},
            Configs.section: {} if file is None else {CONFIG.path: file},
        }
    )
    return State("any", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def check(output: str = "", *, accepted: bool = True, problem: str = "") -> dict[str, ConfigCheck]:
    return {
        "sshd": ConfigCheck(
            daemon="sshd",
            unit="ssh.service",
            command="sshd -t",
            accepted=accepted,
            output=output,
            problem=problem,
        )
    }


BAD = check("line 1: Bad key types '+ssh-dss'.", accepted=False)


def test_a_refusal_fails_with_the_message_of_the_checker() -> None:
    message = (
        r"sshd refuses its configuration: `sshd -t` printed\n +line 1: Bad key types '\+ssh-dss'"
    )
    with pytest.raises(AssertionError, match=message):
        refuses(state_with(check()), state_with(BAD), NOTHING)
    with pytest.raises(AssertionError, match=message):
        refuses(state_with(), state_with(BAD), NOTHING)


def test_a_missing_checker_fails() -> None:
    gone = check(accepted=False, problem="there is no program sshd")
    with pytest.raises(AssertionError, match=r"`sshd -t`: there is no program sshd"):
        refuses(state_with(check()), state_with(gone), NOTHING)


def test_a_configuration_that_was_refused_before_is_accepted() -> None:
    refuses(state_with(BAD), state_with(BAD), NOTHING)


def test_a_plan_may_expect_a_refusal() -> None:
    change = {"facts": ["config_checks/sshd/*"], "reason": "it is migrated by hand later"}
    refuses(state_with(check()), state_with(BAD), Expectations.model_validate({"change": [change]}))


def test_a_new_warning_fails_and_a_known_one_does_not() -> None:
    with pytest.raises(AssertionError, match=r"sshd: named\.conf:9: option 'auto-dnssec'"):
        warns(state_with(check()), state_with(check(DEPRECATED)), NOTHING)
    warns(state_with(check(DEPRECATED)), state_with(check(DEPRECATED)), NOTHING)
    with pytest.raises(pytest.skip.Exception, match="before and after the upgrade"):
        warns(state_with(), state_with(check(DEPRECATED)), NOTHING)


def test_without_a_known_daemon_nothing_is_proven() -> None:
    with pytest.raises(pytest.skip.Exception, match="no daemon on the machine has a known check"):
        refuses(state_with(), state_with(), NOTHING)


def test_a_new_warning_of_a_declared_check_fails() -> None:
    quiet = ConfigFile(exists=True, check_status=0)
    warned = quiet.model_copy(update={"check_output": DEPRECATED})
    with pytest.raises(AssertionError, match=r"a -t:\n.*auto-dnssec"):
        declared(state_with(file=quiet), state_with(file=warned), CONFIG)
    declared(state_with(file=warned), state_with(file=warned), CONFIG)


def test_a_missing_file_fails() -> None:
    gone = ConfigFile(exists=False, check_status=0)
    with pytest.raises(AssertionError, match=r"/etc/a\.conf is gone: a -t reads other files"):
        accepts(state_with(file=gone), CONFIG)


def found(checks: dict[str, ConfigCheck], active: str = "active") -> list[tuple[str, str, str]]:
    state = state_with(checks, active=active)
    situation = Situation(cell=state.cell, facts=state.facts, fidelity=state.fidelity)
    return [(f.id, f.severity, f.meaning) for f in findings(situation)]


def test_the_preflight_reports_a_configuration_that_will_be_refused() -> None:
    assert found(check("all is well")) == []
    assert found(check(DEPRECATED)) == [
        (
            "daemons/sshd/warning",
            "info",
            f"The next version may refuse it, or ignore it:\n  {DEPRECATED}",
        )
    ]
    assert [finding[:2] for finding in found(BAD)] == [("daemons/sshd/refused", "high")]
    idle = found(BAD, "failed")
    assert [finding[:2] for finding in idle] == [("daemons/sshd/refused", "info")]
