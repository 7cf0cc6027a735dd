"""The permissions and limits of units, and which changes are reported to an administrator."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.base import Difference, Facts
from upgradeproof.probes.file_records import File
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.unit_complaints import Complaint, Group, complaints
from upgradeproof.probes.unit_properties import UnitSettings
from upgradeproof.probes.unit_table import UnitProperties, declared

HEAD = (
    "capabilities\t40\ndefault\tDefaultLimitNOFILE=524288\ndefault\tDefaultLimitNOFILESoft=1024\n"
)


def parsed(text: str, *services: str) -> dict[str, UnitProperties]:
    return UnitSettings.parse(HEAD + text, ProbeInputs(services=services))


def unit(*lines: str, name: str = "a.service") -> str:
    fixed = (f"Id={name}", "LoadState=loaded", "ActiveState=active", "WantedBy=multi-user.target")
    return "".join(f"unit\t{line}\n" for line in (*fixed, *lines, ""))


def test_a_real_machines_units_are_read_without_their_defaults() -> None:
    units = UnitSettings.parse(
        captured("unit_properties"), ProbeInputs(services=("rsyslog.service",))
    )
    rsyslog = units["rsyslog.service"]
    assert rsyslog.model_dump(exclude_defaults=True) == {
        "package": "rsyslog",
        "declared": True,
        "running": True,
        "uses": (
            "names /home/app/logs/app.log (/etc/rsyslog.d/60-app.conf)",
            "names /tmp/feed.log (/etc/rsyslog.d/60-app.conf)",
            "writes /home/app/logs/app.log",
            "writes /tmp/feed.log",
            "writes /var/log",
        ),
        "exec_start": ("/usr/sbin/rsyslogd -n -iNONE",),
        "limit_nofile": ("16384",),
        "type": ("notify",),
        "restart": ("on-failure",),
    }
    assert units["systemd-logind.service"].system_call_filter == ("@system-service",)
    assert units["dbus.socket"].listen == ("Stream /run/dbus/system_bus_socket",)


@pytest.mark.parametrize(
    "line",
    [
        "ProtectHome=no",
        "MemoryMax=infinity",
        "SystemCallFilter=[unprintable]",
        "UMask=0022",
        "RestrictAddressFamilies=~",
        "Whatever257Brings=yes",
        "LimitNOFILE=524288\nunit\tLimitNOFILESoft=1024",
    ],
)
def test_a_default_is_no_fact(line: str) -> None:
    plain = {"load": "loaded", "running": True}
    assert parsed(unit(line))["a.service"] == UnitProperties.model_validate(plain)


def test_the_full_set_of_capabilities_is_no_fact_and_a_partial_one_lists_what_is_missing() -> None:
    def bounded(*names: str) -> tuple[str, ...]:
        found = parsed("capabilities\t3\n" + unit(f"CapabilityBoundingSet={' '.join(names)}"))
        return found["a.service"].capability_bounding_set

    every = ("cap_chown", "cap_dac_override", "cap_dac_read_search", "cap_fowner")
    assert bounded(*every) == ()
    assert bounded(*every[:3]) == ("~cap_fowner",)
    assert bounded("cap_chown") == ("cap_chown",)


def test_values_of_an_environment_that_may_be_secrets_are_masked() -> None:
    found = parsed(unit('Environment=A=1 "B=two words" API_TOKEN=hunter2'))["a.service"]
    assert {"A=1", "B=two words"} < set(found.environment)
    assert "hunter2" not in str(found)


def test_drop_ins_without_their_unit_are_found() -> None:
    folder = "/etc/systemd/system/gone.service.d"
    units = parsed(f"dropin\t{folder}/l.conf\t\ndropin\t{folder}/l.conf\tMemoryMax=700M\n" + unit())
    assert units["gone.service.d"] == UnitProperties(
        load="not-found", drop_ins=(f"{folder}/l.conf",)
    )


@pytest.mark.parametrize(
    "name", ["a.service", "a@.service", "a@x.service", "service", "a-.service"]
)
def test_drop_ins_of_a_unit_a_template_and_a_kind_are_no_orphans(name: str) -> None:
    text = f"template\ta@.service\ndropin\t/etc/systemd/system/{name}.d/l.conf\tNice=1\n{unit()}"
    assert set(parsed(text)) == {"a.service"}


def test_a_unit_that_runs_without_its_file_is_found() -> None:
    gone = "unit\tId=b.service\nunit\tLoadState=not-found\nunit\tActiveState=active\nunit\t\n"
    assert parsed(gone)["b.service"].load == "not-found"
    assert not parsed(gone.replace("=active", "=inactive"))


def test_a_service_that_only_a_call_starts_is_left_out() -> None:
    called = unit("Type=dbus").replace("WantedBy=multi-user.target", "WantedBy=")
    assert not parsed(called)
    assert set(parsed(called, "a.service")) == {"a.service"}


def test_open_files_and_configured_paths_of_a_service_are_read() -> None:
    found = parsed(
        unit()
        + "open\t/proc/9/fd/4\t/home/app/a.log\nflags\t/proc/9/fdinfo/4\t0102001\n"
        + "open\t/proc/9/fd/5\t/etc/a/cert\nflags\t/proc/9/fdinfo/5\t0100000\n"
        + "open\t/proc/9/fd/6\t/dev/ttyS0\nopen\t/proc/9/fd/7\t/dev/full\n"
        + "group\t9\t0::/system.slice/a.service \n"
        + "named\t/etc/a.d/x.conf\t*.* /tmp/feed.log\nnamed\t/etc/b.conf\t/tmp/other\n"
    )["a.service"]
    assert found.uses == (
        "names /tmp/feed.log (/etc/a.d/x.conf)",
        "opens /dev/ttyS0",
        "writes /home/app/a.log",
    )


def test_the_plan_names_a_service_its_socket_and_its_instances() -> None:
    assert declared("a.service", ("a.service",))
    assert declared("a@15-main.service", ("a.service",))
    assert declared("a.socket", ("a.service",))
    assert not declared("a.service", ("a.socket",))
    assert not declared("ab.service", ("a.service",))


def record(**fields: Any) -> UnitProperties:
    return UnitProperties.model_validate({"declared": True, "package": "a", **fields})


def found(was: dict[str, Any], now: dict[str, Any]) -> list[tuple[Group, str]]:
    reported: tuple[Complaint, ...] = complaints("a.service", record(**was), record(**now))
    return [(one.group, one.sentence) for one in reported]


def test_lost_variables_are_reported_in_the_order_of_their_names() -> None:
    names = [f"V{number}" for number in range(1, 10)]
    before = {"environment": tuple(f"{name}=1" for name in reversed(names))}
    assert [sentence for _, sentence in found(before, {})] == [
        f"a.service no longer gets the variable {name} from its unit" for name in names
    ]


def test_a_hidden_home_is_reported_where_the_service_used_it() -> None:
    home = {"uses": ("writes /home/app/a.log",)}
    sentence = "a.service may no longer use files below /home, /root and /run/user"
    assert found(home, {"protect_home": ("yes",)}) == [
        (
            Group.ACCESS,
            f"{sentence}: ProtectHome was no, is yes; before the upgrade it writes /home/app/a.log",
        )
    ]
    assert not found({}, {"protect_home": ("yes",)})
    assert not found({"uses": ("opens /home/app/x",)}, {"protect_home": ("read-only",)})


def test_a_private_tmp_is_reported_where_the_configuration_names_a_file_there() -> None:
    feed = {"uses": ("names /tmp/feed (/etc/a.conf)",)}
    assert [group for group, _ in found(feed, {"private_tmp": ("yes",)})] == [Group.ACCESS]


def test_a_protected_system_is_reported_for_written_paths_and_not_for_writable_ones() -> None:
    uses = {"uses": ("writes /etc/a", "writes /var/lib/a/x", "opens /usr/share/a")}
    assert "it writes /etc/a" in found(uses, {"protect_system": ("full",)})[0][1]
    strict = {"protect_system": ("strict",), "read_write_paths": ("/etc/a",)}
    assert "it writes /var/lib/a/x" in found(uses, strict)[0][1]
    assert not found(uses, {**strict, "state_directory": ("a",)})


@pytest.mark.parametrize(
    ("was", "now", "group"),
    [
        ({"user": ("app",)}, {}, Group.PRIVILEGE),
        ({"protect_system": ("full",)}, {}, Group.PRIVILEGE),
        ({"capability_bounding_set": ("cap_chown",)}, {}, Group.PRIVILEGE),
        ({"read_only_paths": ("/",)}, {"protect_system": ("full",)}, Group.PRIVILEGE),
        (
            {"user": ("app",)},
            {"user": ("app",), "ambient_capabilities": ("cap_net_raw",)},
            Group.PRIVILEGE,
        ),
        ({}, {"private_network": ("yes",)}, Group.ACCESS),
        ({"limit_nofile": ("65536",)}, {"limit_nofile": ("4096",)}, Group.LIMIT),
        ({"limit_nofile": ("65536",)}, {}, Group.LIMIT),
        ({"limit_nofile": ("infinity",)}, {"limit_nofile": ("65536",)}, Group.LIMIT),
        ({}, {"memory_max": ("1000000",)}, Group.LIMIT),
        ({"environment": ("A=1",)}, {}, Group.ENVIRONMENT),
        ({"environment_files": ("-/etc/default/a",)}, {}, Group.ENVIRONMENT),
        ({"restart": ("always",)}, {}, Group.RESTART),
    ],
)
def test_a_lost_or_gained_permission_is_reported(was: Any, now: Any, group: Group) -> None:
    assert [kind for kind, _ in found(was, now)] == [group]
    other = {**was, "declared": False}
    assert not found(other, {**now, "declared": False})


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({}, {"protect_system": ("full",), "no_new_privileges": ("yes",)}),
        ({}, {"restart": ("on-failure",)}),
        ({"exec_start": ("/usr/sbin/a -x",)}, {"exec_start": ("/usr/sbin/a -y",)}),
        ({"limit_nofile": ("1024",)}, {"limit_nofile": ("4096",)}),
        ({"environment": ("A=1",)}, {"environment": ("A=2", "B=1")}),
        ({}, {"capability_bounding_set": ("~cap_mknod",)}),
        ({}, {"ambient_capabilities": ("cap_net_raw",)}),
        ({"read_only_paths": ("/",)}, {"protect_system": ("strict",)}),
        ({"capability_bounding_set": ("cap_chown",)}, {"private_users": ("yes",)}),
    ],
)
def test_a_stricter_or_added_setting_is_not_reported(was: Any, now: Any) -> None:
    assert not found(was, now)


def test_settings_of_a_removed_unit_are_not_reported_separately() -> None:
    assert not found({"restart": ("always",), "user": ("app",)}, {"load": "not-found"})


def test_a_drop_in_setting_that_is_not_in_effect_is_reported_for_every_unit() -> None:
    was = {"declared": False, "drop_ins": ("/etc/x.conf",), "set_by_drop_in": ("MemoryMax",)}
    void = "a.service: a setting of /etc/x.conf is not in effect as before"
    reported = found({**was, "memory_max": ("700",)}, {"declared": False})
    assert reported == [
        (
            Group.DROP_IN,
            f"{void}: MemoryMax was 700, is the default",
        )
    ]


def facts(version: str, unit: UnitProperties) -> Facts:
    package = Package(version=version, state="install ok installed")
    return Facts({Packages.section: {"a": package}, UnitSettings.section: {"a.service": unit}})


def explained(field: str, was: UnitProperties, now: UnitProperties) -> str:
    line = Difference(path=f"unit_properties/a.service/{field}", before="1", after="2")
    return UnitSettings.explain(line, facts("1", was), facts("2", now))


def test_a_change_of_the_packages_own_unit_is_attributed_to_it() -> None:
    why = explained("protect_home", record(), record(protect_home=("yes",)))
    assert why == "the unit belongs to a, which went from 1 to 2"


def test_a_reported_change_is_attributed_to_no_package() -> None:
    used = record(uses=("writes /home/x",))
    assert not explained("protect_home", used, record(protect_home=("yes",)))
    assert not explained("needs_reload", record(), record(needs_reload=True))
    assert not explained("user", record(package=""), record(package="", user=("x",)))


def explained_drop_in(owner: str) -> str:
    """Return why a unit lost a drop-in that this package had, or that no package had."""
    path = "/etc/systemd/system/a.service.d/b.conf"
    was, now = facts("1", record(drop_ins=(path,))), facts("2", record())
    was = Facts({**was.sections, "files": {path: File(type="file", package=owner)}})
    line = Difference(path="unit_properties/a.service/drop_ins", before=f'["{path}"]', after="[]")
    return UnitSettings.explain(line, was, now)


def test_a_drop_in_of_a_package_that_changed_is_attributed_to_it() -> None:
    assert explained_drop_in("a") == (
        "/etc/systemd/system/a.service.d/b.conf is a file of a, which went from 1 to 2"
    )


@pytest.mark.parametrize("owner", ["", "b"])
def test_any_other_drop_in_is_attributed_to_no_package(owner: str) -> None:
    assert explained_drop_in(owner) == ""
