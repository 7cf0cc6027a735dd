"""The checks of the kernel's settings that an administrator changed."""

from __future__ import annotations

import pytest

from suites.test_sysctl import (
    test_kernel_setting_is_in_force_after_a_boot as kernel,
)
from suites.test_sysctl import (
    test_network_setting_is_in_force_after_a_boot as network,
)
from suites.test_sysctl import (
    test_setting_of_the_administrator_is_still_read as read,
)
from tests.unit.suites.states import state_with
from upgradeproof.probes.sysctl import KernelSettings, Setting
from upgradeproof.runner import State

FILE = "/etc/sysctl.d/99-sysctl.conf"
TIME = "net.ipv4.tcp_keepalive_time"
OURS = Setting(value="600", wanted="600", set_by=FILE)


def one(setting: Setting, key: str = TIME) -> State:
    return state_with({KernelSettings: {key: setting}})


def test_a_file_that_is_no_longer_read_is_named_with_its_setting() -> None:
    read(one(OURS), one(OURS))
    with pytest.raises(AssertionError, match=f"{TIME} = 600 of {FILE}: no file sets it now"):
        read(one(OURS), one(Setting(value="600")))


def test_another_file_that_sets_another_value_is_named() -> None:
    theirs = Setting(value="600", wanted="1", set_by="/usr/lib/sysctl.d/50.conf", package="p")
    with pytest.raises(AssertionError, match=r"/usr/lib/sysctl\.d/50\.conf sets it to 1"):
        read(one(OURS), one(theirs))


def test_a_value_must_be_in_effect_after_a_boot() -> None:
    network(one(OURS), one(OURS))
    with pytest.raises(AssertionError, match=f"{TIME} is 7200, not 600 of {FILE}"):
        network(one(OURS), one(Setting(value="7200")))
    with pytest.raises(AssertionError, match=r"vm\.swappiness is not there, not 600"):
        kernel(one(OURS, "vm.swappiness"), one(OURS))


def test_a_setting_that_was_never_in_effect_is_not_applicable() -> None:
    never = Setting(value="7200", wanted="600", set_by=FILE)
    with pytest.raises(pytest.skip.Exception, match=f"{TIME} = 7200"):
        network(one(never), one(never))


@pytest.mark.parametrize("check", [read, network, kernel])
def test_a_machine_without_a_setting_is_not_applicable(check: object) -> None:
    plain = one(Setting(value="7200"))
    with pytest.raises(pytest.skip.Exception, match="no file in /etc"):
        check(plain, plain)  # type: ignore[operator]  # one of the three tests


def test_a_change_that_the_plan_expects_is_no_failure() -> None:
    change = {"facts": [f"sysctl/{TIME}/*"], "reason": "the default is fine now"}
    after = state_with({KernelSettings: {TIME: Setting(value="7200")}}, expect={"change": [change]})
    read(one(OURS), after)
    network(one(OURS), after)
