"""The checks of what a package decides for the whole machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import suites.test_policies as suite
from tests.unit.suites.states import state
from upgradeproof.probes import Facts, Record
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.policies import Policies, Policy
from upgradeproof.probes.text_diff import packed
from upgradeproof.probes.trust_anchors import TrustAnchor, TrustAnchors
from upgradeproof.probes.users import User, Users
from upgradeproof.runner import State
from upgradeproof.runner.judging import judge

Check = Callable[[State, State], None]
JOURNAL = "/usr/lib/systemd/journald.conf.d/acme.conf"
VOLATILE = Policy(package="acme", sha256="1", text=packed(b"[Journal]\nStorage=volatile\n"))
PERSISTENT = Policy(package="acme", sha256="2", text=packed(b"[Journal]\nStorage=persistent\n"))
OPS = User(uid=1000, gid=1000, shell="/bin/bash", password="set")
HEAD = "accounts that can log in in another way than before: "
OURS = TrustAnchor(subject="CN=Ours")


def facts(version: str, **sections: dict[str, Any]) -> Facts:
    package = Package(version=version, state="install ok installed")
    none: dict[str, dict[str, Record]] = {
        probe.section: {} for probe in (Policies, TrustAnchors, Users)
    }
    return Facts({**none, Packages.section: {"acme": package}, **sections})


def states(section: str, before: Any, after: Any, **plan: Any) -> tuple[State, State]:
    """Return the states before and after an upgrade of one package."""
    empty = state(**plan)
    was, now = facts("1", **{section: before}), facts("2", **{section: after})
    changes = judge(empty.cell, "upgraded", was, now)
    return replace(empty, facts=was), replace(empty, facts=now, changes=changes)


def failure(check: Check, section: str, before: Any, after: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        check(*states(section, before, after))
    return " ".join(str(caught.value).split())


def expecting(path: str) -> dict[str, Any]:
    return {"expect": {"change": [{"facts": [path], "reason": "it is meant so"}]}}


def test_a_new_policy_is_reported_with_its_package_and_its_lines() -> None:
    check = suite.test_no_package_brings_a_policy_for_the_whole_machine
    message = failure(check, "policies", {}, {JOURNAL: VOLATILE})
    assert message.startswith(
        f"{JOURNAL} of the package acme is new @@ -1 +1,3 @@ +[Journal] +Storage=volatile to do: "
    )
    check(*states("policies", {}, {JOURNAL: VOLATILE}, **expecting("policies/*")))
    check(*states("policies", {JOURNAL: VOLATILE}, {JOURNAL: VOLATILE}))
    check(*states("policies", {JOURNAL: VOLATILE}, {}))


def test_another_policy_is_reported_with_the_difference() -> None:
    check = suite.test_no_package_brings_a_policy_for_the_whole_machine
    message = failure(check, "policies", {JOURNAL: PERSISTENT}, {JOURNAL: VOLATILE})
    assert f"{JOURNAL} of the package acme changed @@ -1,3 +1,3 @@" in message
    assert "-Storage=persistent +Storage=volatile" in message


def test_a_policy_that_no_package_owns_is_reported() -> None:
    check = suite.test_no_package_brings_a_policy_for_the_whole_machine
    message = failure(check, "policies", {}, {JOURNAL: Policy(target="/dev/null")})
    assert message.startswith(f"{JOURNAL} of no package is new, a link to /dev/null")


def test_a_certificate_that_is_no_longer_trusted_is_named() -> None:
    check = suite.test_trusted_certificates_of_the_administrator_are_still_trusted
    message = failure(check, "trust_anchors", {"ab": OURS}, {})
    assert "ca-certificates.crt any more: CN=Ours (SHA-256 ab); to do: " in message
    check(*states("trust_anchors", {"ab": OURS}, {"ab": OURS, "cd": OURS}))
    check(*states("trust_anchors", {"ab": OURS}, {}, **expecting("trust_anchors/ab")))


def test_a_machine_that_trusts_no_more_than_debian_is_not_applicable() -> None:
    check = suite.test_trusted_certificates_of_the_administrator_are_still_trusted
    switched_off = {"ab": OURS.model_copy(update={"trusted": False})}
    with pytest.raises(pytest.skip.Exception, match="trusted no authority but those of"):
        check(*states("trust_anchors", switched_off, switched_off))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"password": "locked"}, "ops: its password is locked, and was set"),
        ({"password": "none"}, "ops: its password is none, and was set"),
        ({"password": ""}, "ops: its password is not known, and was set"),
        ({"expires": "2026-01-01"}, "ops: it expires 2026-01-01, and was never"),
    ],
)
def test_an_account_that_logs_in_differently_is_named(changed: Any, words: str) -> None:
    check = suite.test_accounts_log_in_as_before
    after = {"ops": OPS.model_copy(update=changed)}
    assert failure(check, "users", {"ops": OPS}, after).startswith(f"{HEAD}{words}")
    check(*states("users", {"ops": OPS}, after, **expecting("users/ops/*")))
    check(*states("users", {"ops": OPS}, {"ops": OPS}))
