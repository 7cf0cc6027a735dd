"""The health of dpkg and apt, as they report it."""

from __future__ import annotations

from upgradeproof.probes.health import Health, HealthCheck
from upgradeproof.probes.inputs import ProbeInputs

BROKEN = """\
dpkg-audit\t1
+The following packages are only half configured, probably due to problems
+configuring them the first time.  The configuration should be retried using
+dpkg --configure <package> or the configure menu option in dselect:
+ nginx                small, powerful, scalable web/proxy server
apt-check\t100
+You might want to run 'apt --fix-broken install' to correct these.
+The following packages have unmet dependencies:
+ nginx : Depends: libssl3 (>= 3.0.0) but it is not installed
+E: Unmet dependencies. Try 'apt --fix-broken install' with no packages.
interrupted\t0
+/var/lib/dpkg/updates/0001
apt-archives\t1
"""


def test_a_healthy_machine_reports_no_problem() -> None:
    output = "dpkg-audit\t0\napt-check\t0\ninterrupted\t0\napt-archives\t0\n"
    checks = Health.parse(output, ProbeInputs())
    assert checks == dict.fromkeys(
        ("dpkg-audit", "apt-check", "interrupted", "apt-archives"), HealthCheck(sound=True)
    )


def test_every_value_of_a_broken_machine_is_a_problem() -> None:
    checks = Health.parse(BROKEN, ProbeInputs())
    assert [name for name, check in checks.items() if check.sound] == []


def test_the_reason_of_broken_dependencies_is_stored() -> None:
    output = Health.parse(BROKEN, ProbeInputs())["apt-check"].output
    assert "nginx : Depends: libssl3 (>= 3.0.0) but it is not installed" in output


def test_an_interrupted_dpkg_is_a_problem_although_find_succeeded() -> None:
    check = Health.parse(BROKEN, ProbeInputs())["interrupted"]
    assert check == HealthCheck(sound=False, output="/var/lib/dpkg/updates/0001")
