"""No package decides for the whole machine: its services, its devices, its rights, its trust."""

import pytest

from upgradeproof.probes.policies import Policies
from upgradeproof.probes.trust_anchors import TrustAnchor, TrustAnchors
from upgradeproof.probes.users import Users
from upgradeproof.runner import State


def test_no_package_brings_a_policy_for_the_whole_machine(
    installed: State, upgraded: State
) -> None:
    """In an upgrade of the distribution its packages may."""
    before = installed[Policies]
    unexplained = {change.path: change.detail for change in upgraded.regressions}
    brought = []
    for path, now in upgraded[Policies].items():
        lines = (f"policies/{path}", f"policies/{path}/sha256", f"policies/{path}/target")
        if line := next((line for line in lines if line in unexplained), ""):
            what = "changed" if path in before else "is new"
            owner = f"the package {now.package}" if now.package else "no package"
            link = f", a link to {now.target}" if now.target else ""
            brought.append(f"{path} of {owner} {what}{link}{indented(unexplained[line])}")
    assert not brought, (
        "\n".join(brought)
        + "\nto do: leave it out of the package, or expect these changes in the plan"
    )


def test_trusted_certificates_of_the_administrator_are_still_trusted(
    installed: State, upgraded: State
) -> None:
    ours = {key: was for key, was in installed[TrustAnchors].items() if was.trusted}
    if not ours:
        pytest.skip("the machine trusted no authority but those of the package ca-certificates")
    after = upgraded[TrustAnchors]
    lost = [
        f"{was.subject or 'a certificate'} (SHA-256 {key})"
        for key, was in ours.items()
        if not after.get(key, TrustAnchor(trusted=False)).trusted
        if not any(map(upgraded.reason_for, changes("trust_anchors", key, "trusted")))
    ]
    assert not lost, (
        "not in /etc/ssl/certs/ca-certificates.crt any more: "
        + "; ".join(lost)
        + "; to do: put the certificate into /usr/local/share/ca-certificates and run"
        " update-ca-certificates"
    )


def test_accounts_log_in_as_before(installed: State, upgraded: State) -> None:
    """A locked or expired account: password, key and cron job may all be refused."""
    after = upgraded[Users]
    other = []
    for name, was in installed[Users].items():
        if (now := after.get(name)) is None:
            continue
        for field, words, empty in (
            ("password", "its password is", "not known"),
            ("expires", "it expires", "never"),
        ):
            old, new = getattr(was, field), getattr(now, field)
            paths = changes("users", name, field)
            if old != new and not any(map(upgraded.reason_for, paths)):
                other.append(f"{name}: {words} {new or empty}, and was {old or empty}")
    assert not other, "accounts that can log in in another way than before: " + "; ".join(other)


def changes(section: str, key: str, field: str) -> tuple[str, str]:
    """Return the paths of the lines of the diff for a removed record, and for a field of it."""
    return f"{section}/{key}", f"{section}/{key}/{field}"


def indented(detail: str) -> str:
    """Return a unified diff below the line that it is about."""
    return "".join(f"\n    {line}" for line in detail.split("\n")) if detail else ""
