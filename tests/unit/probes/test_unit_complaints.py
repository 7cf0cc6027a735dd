"""Which changes of a unit's properties are reported to an administrator, and which are not."""

from __future__ import annotations

from typing import Any

import pytest

from upgradeproof.probes.unit_changes import Complaint, Group
from upgradeproof.probes.unit_complaints import complaints
from upgradeproof.probes.unit_course import lost_dependencies
from upgradeproof.probes.unit_table import UnitProperties


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


def test_what_systemd_writes_for_every_init_script_may_go_with_the_script() -> None:
    usual = {"timeout_stop_usec": ("5min",), "kill_mode": ("process",)}
    script = {"exec_start": ("/etc/init.d/a start",)}
    native = {"exec_start": ("/usr/sbin/a",)}
    assert not found({**usual, **script}, native)
    assert len(found({**usual, **native}, native)) == 2
    assert len(found({**usual, **script}, script)) == 2
    longer = {**usual, "timeout_stop_usec": ("10min",)}
    assert [sentence.split(":")[0] for _, sentence in found({**longer, **script}, native)] == [
        "a.service has less time to stop before it is killed"
    ]


def test_a_path_that_a_script_of_the_service_writes_counts() -> None:
    uses = {"uses": ("writes /usr/local/x/last (/usr/local/bin/x)",)}
    assert (
        "writes /usr/local/x/last (/usr/local/bin/x)"
        in (found(uses, {"protect_system": ("full",)})[0][1])
    )


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
        ({"tasks_max": ("7534",)}, {"tasks_max": ("512",)}, Group.LIMIT),
        ({}, {"memory_max": ("1000000",)}, Group.LIMIT),
        ({"environment": ("A=1",)}, {}, Group.ENVIRONMENT),
        ({"environment_files": ("-/etc/default/a",)}, {}, Group.ENVIRONMENT),
        ({"restart": ("always",)}, {}, Group.RESTART),
        ({}, {"runtime_max_usec": ("1h",)}, Group.LIMIT),
        ({"runtime_max_usec": ("2h",)}, {"runtime_max_usec": ("1h",)}, Group.LIMIT),
        ({}, {"watchdog_usec": ("10s",)}, Group.LIMIT),
        ({"watchdog_usec": ("1min",)}, {}, Group.RESTART),
        ({"timeout_start_usec": ("15min",)}, {}, Group.LIMIT),
        ({"timeout_start_usec": ("infinity",)}, {}, Group.LIMIT),
        ({"timeout_stop_usec": ("15min",)}, {}, Group.STOP),
        ({}, {"timeout_stop_usec": ("5s",)}, Group.STOP),
        ({}, {"kill_mode": ("process",)}, Group.STOP),
        ({"kill_mode": ("process",)}, {}, Group.STOP),
        ({"kill_mode": ("mixed",)}, {}, Group.STOP),
        ({}, {"kill_signal": ("SIGKILL",)}, Group.STOP),
        ({"kill_signal": ("SIGINT",)}, {}, Group.STOP),
        ({"on_failure": ("mail@.service",)}, {}, Group.DEPENDENCY),
        ({"user": ("a",), "supplementary_groups": ("b",)}, {"user": ("a",)}, Group.ACCESS),
        (
            {"protect_system": ("strict",), "read_write_paths": ("/var/lib/a", "-/var/log/a")},
            {"protect_system": ("strict",), "read_write_paths": ("/var/lib/a",)},
            Group.ACCESS,
        ),
        (
            {"state_directory": ("a",), "state_directory_mode": ("0700",)},
            {"state_directory": ("a",)},
            Group.PRIVILEGE,
        ),
        (
            {"runtime_directory": ("a",)},
            {"runtime_directory": ("a",), "runtime_directory_mode": ("0777",)},
            Group.PRIVILEGE,
        ),
        ({"umask": ("0077",)}, {}, Group.PRIVILEGE),
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
        ({"tasks_max": ("7534",)}, {"tasks_max": ("7470",)}),
        ({"environment": ("A=1",)}, {"environment": ("A=2", "B=1")}),
        ({}, {"capability_bounding_set": ("~cap_mknod",)}),
        ({}, {"ambient_capabilities": ("cap_net_raw",)}),
        ({"read_only_paths": ("/",)}, {"protect_system": ("strict",)}),
        ({"capability_bounding_set": ("cap_chown",)}, {"private_users": ("yes",)}),
        ({"runtime_max_usec": ("1h",)}, {}),
        ({}, {"timeout_stop_usec": ("1min",)}),
        ({}, {"timeout_stop_usec": ("infinity",), "timeout_start_usec": ("10min",)}),
        ({"timeout_start_usec": ("15min",)}, {"type": ("oneshot",)}),
        ({}, {"kill_mode": ("mixed",), "kill_signal": ("SIGQUIT",)}),
        ({}, {"on_failure": ("mail@.service",)}),
        ({"supplementary_groups": ("a",)}, {}),  # root needs no group
        (
            {"user": ("a",), "group": ("b",), "supplementary_groups": ("b",)},
            {"user": ("a",), "group": ("b",)},
        ),
        ({"read_write_paths": ("/var/lib/a",)}, {}),
        (
            {"protect_system": ("strict",), "read_write_paths": ("/var/lib/a/b",)},
            {"protect_system": ("strict",), "state_directory": ("a",)},
        ),
        ({"state_directory_mode": ("0700",)}, {}),
        (
            {"runtime_directory": ("a",)},
            {"runtime_directory": ("a",), "runtime_directory_mode": ("0750",)},
        ),
    ],
)
def test_a_stricter_or_added_setting_is_not_reported(was: Any, now: Any) -> None:
    assert not found(was, now)


UP, DOWN = UnitProperties(running=True), UnitProperties()


def lost(was: dict[str, Any], now: dict[str, Any], **units: UnitProperties) -> list[str]:
    others = {f"{name}.service": other for name, other in units.items()}
    found = lost_dependencies("a.service", record(**was), record(**now), others)
    return [one.sentence for one in found]


def test_a_lost_dependency_on_what_runs_is_reported() -> None:
    was = {"after": ("db.service", "network-online.target"), "requires": ("db.service",)}
    assert lost(was, {}, db=UP) == [
        "a.service no longer waits for db.service, network-online.target",
        "a.service no longer starts db.service",
    ]
    assert lost(was, was, db=UP) == []
    assert lost({**was, "declared": False}, {"declared": False}, db=UP) == []


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({"after": ("db.service",)}, {}),
        ({"after": ("old.service",)}, {}),
        ({"after": ("systemd-x.service",)}, {}),
        ({"after": ("a.socket",)}, {}),
        ({"after": ("network.target",)}, {}),
    ],
)
def test_a_lost_dependency_on_nothing_that_runs_is_not_reported(was: Any, now: Any) -> None:
    units = {"db": DOWN, "systemd-x": UP}
    assert lost(was, now, **units) == []


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


def test_a_time_that_a_drop_in_sets_counts_by_its_own_name() -> None:
    was = {"declared": False, "drop_ins": ("/etc/x.conf",), "set_by_drop_in": ("TimeoutStopSec",)}
    reported = found({**was, "timeout_stop_usec": ("5min",)}, {"declared": False})
    assert [group for group, _ in reported] == [Group.DROP_IN]


@pytest.mark.parametrize("distribution", [False, True])
def test_a_new_release_may_start_a_daemon_before_the_network_is_up(distribution: bool) -> None:
    online = record(after=("network-online.target",), requires=("network-online.target",))
    earlier = record(after=("network.target",))
    found = lost_dependencies("a.service", online, earlier, {}, distribution=distribution)
    assert bool([*found]) is not distribution
    assert [*lost_dependencies("a.service", online, record(), {}, distribution=distribution)]


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ({}, {"oomscore_adjust": ("-1000",)}, "OOMScoreAdjust was the default, is -1000"),
        ({"nice": ("5",)}, {}, "Nice was 5, is the default"),
        ({"nice": ("5",)}, {"nice": ("5",)}, ""),
        ({"nice": ("5",), "set_by_drop_in": ("Nice",), "drop_ins": ("/etc/a",)}, {}, ""),
    ],
)
def test_another_priority_of_a_service_is_reported(
    was: dict[str, Any], now: dict[str, Any], sentence: str
) -> None:
    reported = [text for group, text in found(was, now) if group is Group.PRIVILEGE]
    text = f"a.service has another priority than before: {sentence}"
    assert reported == ([text] if sentence else [])
