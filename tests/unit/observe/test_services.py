"""Units and ports: those that the packages bring, and that are there after a boot."""

from __future__ import annotations

from tests.unit.observe.facts import BARE, SEEN
from upgradeproof.observe import services
from upgradeproof.observe.services import Seen
from upgradeproof.observe.writing import Noted


def test_a_unit_stands_for_its_parts_and_what_was_there_before_is_no_product() -> None:
    assert services.units(SEEN) == ("db-clean.timer", "db.service")
    assert services.workers(SEEN) == ("db-clean.timer", "db.service", "db@15-main.service")


def test_a_service_says_where_it_comes_from() -> None:
    assert services.services(SEEN) == (
        Noted(value="db-clean.timer", source="active after a boot: enabled, of db-common"),
        Noted(value="db", source="active after a boot: enabled, of db-common, for db@15-main"),
    )


def test_a_unit_that_a_boot_does_not_bring_back_is_left_out_and_said() -> None:
    assert list(services.stopped(SEEN)) == [
        "the unit brief.service ran after the installation, and is inactive after a boot (disabled)"
    ]


def test_the_packages_of_the_services_are_those_whose_programs_run() -> None:
    assert services.of_packages(SEEN) == ("db-15",)
    assert services.unit_packages(SEEN) == {"db-15", "db-common"}
    assert SEEN.new_packages == {"db", "db-15", "db-common"}


def test_a_port_is_said_once_with_all_of_its_addresses() -> None:
    (port,) = services.ports(SEEN)
    assert port.keys == {"port": 5000, "protocol": "", "process": "dbd"}
    assert port.source == "127.0.0.1, [::1]: /usr/sbin/dbd of db@15-main.service"


def test_a_port_that_is_another_one_after_a_boot_is_left_out_and_said() -> None:
    assert list(services.moving_ports(SEEN)) == [
        "tcp port 40001 of /usr/sbin/dbd of db@15-main.service: it changes with each boot"
    ]


def test_a_package_that_brings_nothing_has_nothing_to_expect() -> None:
    nothing = Seen(bare=BARE, installed=BARE, booted=BARE)
    assert (services.units(nothing), services.ports(nothing)) == ((), ())
    assert services.of_packages(nothing) == ()
