"""Policies, trusted certificates and passwords of a real machine."""

from __future__ import annotations

from tests.machines.probing import changed
from upgradeproof.machines import Machine
from upgradeproof.probes.policies import Policies
from upgradeproof.probes.text_diff import unpacked
from upgradeproof.probes.trust_anchors import TrustAnchors
from upgradeproof.probes.users import Users

DROP_IN = "/usr/lib/systemd/system/service.d/10-probed.conf"


def test_what_a_package_decides_for_the_whole_machine_is_read(debian: Machine) -> None:
    do = f"""
    mkdir {DROP_IN.rpartition("/")[0]}; echo '[Service]' >{DROP_IN}
    useradd -p '$y$j9T$Zm9v$YmFyYmFyYmFy' -e 2030-01-02 probed; usermod -L probed
    sed -i 's,^mozilla/ISRG_Root_X1,!&,' /etc/ca-certificates.conf; update-ca-certificates
    """
    undo = f"""
    rm -r {DROP_IN.rpartition("/")[0]}; userdel probed
    sed -i 's,^!mozilla/ISRG_Root_X1,mozilla/ISRG_Root_X1,' /etc/ca-certificates.conf
    update-ca-certificates
    """
    with changed(debian, do, undo) as facts:
        assert unpacked(facts[Policies][DROP_IN].text) == "[Service]\n"
        assert facts[Policies]["/usr/lib/tmpfiles.d/tmp.conf"].package == "systemd"
        probed = facts[Users]["probed"]
        assert (probed.password, probed.expires) == ("locked", "2030-01-02")
        assert {user.password for user in facts[Users].values()} == {"locked", "no login"}
        (anchor,) = facts[TrustAnchors].values()
        assert (anchor.subject[:15], anchor.trusted) == ("CN=ISRG Root X1", False)
