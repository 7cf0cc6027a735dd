"""The packet filter has the rules that it had, and they really stop and let pass."""

import pytest

from upgradeproof.plan import Firewall
from upgradeproof.probes.firewall import PacketFilter
from upgradeproof.probes.module_errors import advice
from upgradeproof.runner import State


@pytest.fixture
def tables(installed: State) -> list[str]:
    """Return the tables from before the upgrade; without any, there is nothing to keep."""
    if not (found := [key for key, table in installed[PacketFilter].items() if table.rules]):
        pytest.skip("the packet filter had no rules before the upgrade")
    return found


def test_no_table_is_lost_or_empty(upgraded: State, tables: list[str]) -> None:
    after = upgraded[PacketFilter]
    lost = [
        key
        for key in tables
        if not (key in after and after[key].rules) and not upgraded.reason_for(f"firewall/{key}")
    ]
    words = after["ruleset"].problem if "ruleset" in after else ""
    assert not lost, f"no rules any more in {', '.join(lost)}" + (
        f": {words}: {advice(words)}" if words else "; to do: see systemctl status nftables"
    )


def test_every_rule_is_as_before(installed: State, upgraded: State, tables: list[str]) -> None:
    changed = []
    for key in tables:
        if key not in upgraded[PacketFilter] or upgraded.reason_for(f"firewall/{key}/sha256"):
            continue
        before, after = installed[PacketFilter][key], upgraded[PacketFilter][key]
        others = [f"{key}: - {rule}" for rule in before.rules if rule not in after.rules]
        others += [f"{key}: + {rule}" for rule in after.rules if rule not in before.rules]
        if not others and before.sha256 != after.sha256:
            others = [f"{key}: the same rules in another order, or another number of times"]
        changed += others
    assert not changed, "\n".join(changed)


def test_rules_are_loaded_at_the_next_boot(installed_rebooted: State, rebooted: State) -> None:
    before, after = installed_rebooted[PacketFilter], rebooted[PacketFilter]
    loaded = {key: table.rules for key, table in before.items() if table.rules}
    if not loaded:
        pytest.skip("the packet filter had no rules after a boot before the upgrade")
    lost = [
        f"{key}: {rule}"
        for key, rules in loaded.items()
        if not rebooted.reason_for(f"firewall/{key}/sha256")
        for rule in rules
        if not rule.endswith(" ACCEPT") or not rule.startswith(":")  # a policy that stops nothing
        if key not in after or rule not in after[key].rules
    ]
    assert not lost, (
        "the packet filter has lost these rules after a boot of the upgraded machine: "
        + "; ".join(lost)
        + "; to do: see which service loads the saved rules, and whether its package is installed"
    )


@pytest.mark.subject("allowed_port")
def test_allowed_port_answers_from_outside(upgraded: State, allowed_port: Firewall) -> None:
    assert upgraded.answers(allowed_port), f"port {allowed_port.port} does not answer this host"


@pytest.mark.subject("blocked_port")
def test_blocked_port_is_silent_to_the_outside(upgraded: State, blocked_port: Firewall) -> None:
    assert upgraded.answers_itself(blocked_port), (
        f"port {blocked_port.port} does not even answer the machine itself: that it is silent"
        " would prove nothing; to do: let a service listen there"
    )
    assert not upgraded.answers(blocked_port), f"port {blocked_port.port} answers this host"
