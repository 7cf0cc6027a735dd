"""Units and ports that belong to the packages and exist after a boot."""

from __future__ import annotations

import pytest

from tests.unit.observe.facts import BARE, SEEN, SYSTEM, facts, package, unit
from upgradeproof.observe import services
from upgradeproof.observe.services import Seen
from upgradeproof.observe.writing import Noted
from upgradeproof.probes.services import Service

LOG = (
    "[112:0] fatal error: no trust anchor",
    "dns.service: Main process exited, code=exited, status=1/FAILURE",
    "Failed to start dns.service - DNS server.",
)


def test_a_unit_represents_its_parts_and_earlier_units_are_left_out() -> None:
    assert services.units(SEEN) == ("db-clean.timer", "db.service")
    assert services.workers(SEEN) == ("db-clean.timer", "db.service", "db@15-main.service")


def test_the_source_of_a_service_is_noted() -> None:
    assert services.services(SEEN) == (
        Noted(value="db-clean.timer", source="active after a boot: enabled, of db-common"),
        Noted(value="db", source="active after a boot: enabled, of db-common, for db@15-main"),
    )


def test_a_unit_that_is_inactive_after_a_boot_is_left_out_and_noted() -> None:
    assert list(services.stopped(SEEN)) == [
        "the unit brief.service ran after the installation, and is inactive after a boot (disabled)"
    ]


def test_the_packages_of_the_services_are_those_whose_programs_run() -> None:
    assert services.of_packages(SEEN) == ("db-15",)
    assert services.unit_packages(SEEN) == {"db-15", "db-common"}
    assert SEEN.new_packages == {"db", "db-15", "db-common"}


def test_the_package_of_an_interpreter_is_no_part_of_the_product() -> None:
    packages = SYSTEM | {
        "ban": package("1"),
        "python3.11-minimal": package("3.11", auto=True, runs=("ban.service",)),
    }
    running = unit("ban", executable="/usr/bin/python3.11")
    booted = facts(packages=packages, services={"ban.service": running})
    seen = Seen(bare=BARE, installed=booted, booted=booted)
    assert services.of_packages(seen) == ()
    assert services.unit_packages(seen) == {"ban"}


def test_a_port_is_named_once_with_all_of_its_addresses() -> None:
    (port,) = services.ports(SEEN)
    assert port.keys == {"port": 5000, "protocol": "", "process": "dbd"}
    assert port.source == "127.0.0.1, [::1]: /usr/sbin/dbd of db@15-main.service"


def test_a_port_that_changes_with_a_boot_is_left_out_and_noted() -> None:
    assert list(services.moving_ports(SEEN)) == [
        "tcp port 40001 of /usr/sbin/dbd of db@15-main.service: it changes with each boot"
    ]


def test_a_package_without_a_service_has_no_expectation() -> None:
    nothing = Seen(bare=BARE, installed=BARE, booted=BARE)
    assert (services.units(nothing), services.ports(nothing)) == ((), ())
    assert services.of_packages(nothing) == ()


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (
            unit("dns", active="failed", log=LOG),
            ["dns.service of dns is failed after a boot: [112:0] fatal error: no trust anchor"],
        ),
        (unit("dns", active="inactive"), ["dns.service of dns is inactive after a boot"]),
        (unit("dns", active="inactive", enabled="static"), []),
        (unit("dns"), []),
    ],
)
def test_a_service_that_can_not_be_tested_is_reported(found: Service, lines: list[str]) -> None:
    packages = SYSTEM | {"dns": package("1")}
    booted = facts(packages=packages, services={"dns.service": found})
    seen = Seen(bare=BARE, installed=booted, booted=booted)
    assert list(services.not_running(seen, ("dns",))) == lines


def test_a_service_that_fails_until_the_next_boot_is_reported_and_in_no_plan() -> None:
    packages = SYSTEM | {"dns": package("1")}
    failed = unit("dns", active="failed", log=LOG)
    first, booted = (
        facts(packages=packages, services={"dns.service": found}) for found in (failed, unit("dns"))
    )
    seen = Seen(bare=BARE, installed=first, booted=booted)
    assert services.units(seen) == ()
    assert list(services.not_running(seen, ("dns",))) == [
        "dns.service of dns fails until the next boot: [112:0] fatal error: no trust anchor"
    ]


def test_a_service_of_a_dependency_or_of_the_system_may_be_idle() -> None:
    packages = SYSTEM | {"dns": package("1"), "lib": package("1")}
    idle = {"lib.service": unit("lib", active="inactive"), "init.service": unit("init")}
    booted = facts(packages=packages, services=idle)
    seen = Seen(bare=BARE, installed=booted, booted=booted)
    assert list(services.not_running(seen, ("dns",))) == []


def test_another_unit_of_a_package_that_runs_may_be_idle() -> None:
    packages = SYSTEM | {"dns": package("1")}
    units = {"dns.service": unit("dns"), "dns-hook.service": unit("dns", active="inactive")}
    booted = facts(packages=packages, services=units)
    seen = Seen(bare=BARE, installed=booted, booted=booted)
    assert list(services.not_running(seen, ("dns",))) == []
