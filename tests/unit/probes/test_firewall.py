"""The packet filter's rules, the same however a version of nft prints them."""

from __future__ import annotations

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.base import Facts, Interests, diff
from upgradeproof.probes.firewall import FilterTable, PacketFilter


def tables(text: str) -> dict[str, FilterTable]:
    return PacketFilter.parse(text, Interests())


def test_tables_are_read_without_counters_and_handles() -> None:
    found = tables(captured("firewall"))
    assert set(found) == {"ip/nat", "inet/filter"}
    assert found["inet/filter"].rules == (
        "set open {",
        "type inet_service",
        "elements = { 22, 443, 80 }",
        "}",
        "chain input {",
        "type filter hook input priority filter; policy drop;",
        'iif "lo" accept',
        "ct state established,related accept",
        "tcp dport { 22, 443 } counter accept",
        "}",
    )


def test_the_order_in_a_set_and_the_width_of_a_line_make_no_difference() -> None:
    other = captured("firewall").replace("443, 22,\n\t\t\t     80", "22, 80, 443")
    other = other.replace("{ 443, 22 } counter packets 12 bytes 720", "{ 22, 443 } counter")
    first, second = (Facts({"firewall": tables(text)}) for text in (captured("firewall"), other))
    assert diff(first, second) == ()


def test_a_default_that_a_newer_nft_prints_makes_no_difference() -> None:
    rule = "table inet f {\n\tchain c {\n\t\tlimit rate 20/second%s accept\n\t}\n}\n"
    assert tables(rule % " burst 5 packets") == tables(rule % "")
    assert tables(rule % " burst 7 packets") != tables(rule % "")


def test_another_rule_is_one_difference() -> None:
    other = captured("firewall").replace("policy drop", "policy accept")
    first, second = (Facts({"firewall": tables(text)}) for text in (captured("firewall"), other))
    assert [line.path for line in diff(first, second)] == ["firewall/inet/filter/sha256"]


def test_a_filter_that_cannot_be_listed_is_told() -> None:
    said = "netlink: Error: cache initialization failed: Protocol not supported\nstatus 1\n"
    assert tables(said) == {
        "ruleset": FilterTable(
            problem="netlink: Error: cache initialization failed: Protocol not supported\nstatus 1"
        )
    }


def test_no_rules_are_no_tables() -> None:
    assert tables("") == {}
