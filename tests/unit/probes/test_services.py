"""Units, read from the output of systemd 257 after an upgrade from Debian 12 to 13."""

from __future__ import annotations

from pathlib import Path

from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.services import Service, Services

CAPTURED = (Path(__file__).parent / "captured" / "services.txt").read_text()


def parse(*lines: str) -> dict[str, Service]:
    return Services.parse("\n".join(lines), ProbeInputs())


def test_a_running_daemon_is_read_with_its_executable() -> None:
    assert Services.parse(CAPTURED, ProbeInputs())["nginx.service"] == Service(
        enabled="enabled",
        active="active",
        sub="running",
        executable="/usr/sbin/nginx",
        main_pid=8724,
    )


def test_a_replaced_executable_keeps_its_name() -> None:
    service = Services.parse(CAPTURED, ProbeInputs())["dbus.service"]
    assert service.executable == "/usr/bin/dbus-daemon"


def test_a_unit_that_lost_its_file_and_still_runs_is_a_fact() -> None:
    service = Services.parse(CAPTURED, ProbeInputs())["systemd-update-utmp.service"]
    assert (service.load, service.enabled, service.active) == ("not-found", "", "active")


def test_an_inactive_unit_is_the_same_whether_systemd_has_loaded_it_or_not() -> None:
    file = "file|cron.service|disabled"
    unit = "unit|cron.service|loaded|inactive|dead|success|0|0|no|"
    assert parse(file) == parse(file, unit) == {"cron.service": Service(enabled="disabled")}


def test_a_unit_that_is_only_mentioned_is_no_fact() -> None:
    assert parse("unit|plymouth.service|not-found|inactive|dead|success|0|0|no|") == {}


def test_a_failed_unit_has_the_cause() -> None:
    units = parse(
        "file|etcd.service|enabled",
        "unit|etcd.service|loaded|failed|failed|start-limit-hit|5|0|no|",
    )
    etcd = units["etcd.service"]
    assert (etcd.failed, etcd.result, etcd.restarts) == (True, "start-limit-hit", 5)


def test_a_masked_unit_is_masked_without_being_loaded() -> None:
    assert parse("file|a.service|masked")["a.service"].load == "masked"


def test_transient_units_aliases_and_logins_are_no_facts() -> None:
    assert (
        parse(
            "unit|run-r0a1b2c3d4e5f.service|loaded|active|running|success|0|5|yes|/usr/bin/sleep",
            "file|anything.service|transient",
            "unit|anything.service|loaded|active|running|success|0|5|yes|/usr/bin/sleep",
            "file|dbus-org.freedesktop.login1.service|alias",
            "unit|user@0.service|loaded|active|running|success|0|9|no|/usr/lib/systemd/systemd",
            "unit|run-user-0.mount|loaded|active|mounted|success|||no|",
        )
        == {}
    )


def test_a_unit_names_the_package_of_its_file() -> None:
    owner = "owner\tthing:amd64\t/lib/systemd/system/thing.service\n"
    found = Services.parse(
        f"file|thing.service|enabled\nfile|own.service|enabled\n{owner}", ProbeInputs()
    )
    assert {name: unit.package for name, unit in found.items()} == {
        "thing.service": "thing",
        "own.service": "",
    }


def test_a_generated_unit_names_the_package_of_its_init_script() -> None:
    owners = "owner\tthing\t/etc/init.d/thing\nowner\town\t/etc/init.d/own\n"
    found = Services.parse(
        f"file|thing.service|generated\nfile|own.service|enabled\n{owners}", ProbeInputs()
    )
    assert {name: unit.package for name, unit in found.items()} == {
        "thing.service": "thing",
        "own.service": "",
    }


def test_a_unit_states_what_deb_systemd_helper_and_the_administrator_did() -> None:
    found = parse(
        "file|a.timer|disabled", "helper|a.timer", "file|b.service|masked", "mask|b.service"
    )
    assert found == {
        "a.timer": Service(enabled="disabled", enabled_by_helper=True),
        "b.service": Service(enabled="masked", load="masked", masked_in_etc=True),
    }
