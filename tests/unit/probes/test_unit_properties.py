"""The permissions and limits of units, and what their changes are attributed to."""

from __future__ import annotations

import pytest

from tests.unit.probes.captured_text import captured
from tests.unit.probes.test_unit_complaints import record
from upgradeproof.probes.base import Difference, Facts
from upgradeproof.probes.file_records import File
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.unit_properties import UnitSettings
from upgradeproof.probes.unit_table import UnitProperties, declared

HEAD = (
    "capabilities\t40\ndefault\tDefaultLimitNOFILE=524288\ndefault\tDefaultLimitNOFILESoft=1024\n"
    "default\tDefaultTimeoutStopUSec=1min 30s\ndefault\tDefaultTimeoutStartUSec=1min 30s\n"
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
        "TimeoutStopUSec=1min 30s",
        "TimeoutStartUSec=infinity\nunit\tType=oneshot",
        "RuntimeMaxUSec=infinity",
        "WatchdogUSec=0",
        "KillMode=control-group",
        "KillSignal=15",
        "StateDirectoryMode=0755",
        "After=sysinit.target system.slice -.mount",
    ],
)
def test_a_default_is_no_fact(line: str) -> None:
    plain = UnitProperties(load="loaded", running=True)
    found = parsed(unit(line))["a.service"]
    assert found.model_copy(update={"type": ()}) == plain


def test_times_signals_and_dependencies_of_a_service_are_read() -> None:
    found = parsed(
        unit(
            *(
                "TimeoutStopUSec=infinity",
                "KillSignal=9",
                "RuntimeMaxUSec=1h",
                "OnFailure=b.service",
            ),
            *("After=network-online.target c.service basic.target", "BindsTo=c.service"),
            *("Requires=sysinit.target", "Wants=d.socket"),
        )
    )["a.service"]
    assert found.model_dump(exclude_defaults=True) == {
        "running": True,
        "timeout_stop_usec": ("infinity",),
        "kill_signal": ("SIGKILL",),
        "runtime_max_usec": ("1h",),
        "on_failure": ("b.service",),
        "after": ("c.service", "network-online.target"),
        "requires": ("c.service", "d.socket"),
    }


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


def test_scripts_that_the_files_of_a_service_run_are_used_by_it() -> None:
    found = parsed(
        unit()
        + "runs\t/etc/names\t/usr/local/bin/x\nruns\t/etc/b.conf\t/opt/other\n"
        + "mentions\t/etc/a/main.cf\t/etc/names\n"
        + 'script\t/usr/local/bin/x\tcat >>"/usr/local/x/last" 2>/dev/null; ls /srv/home/me\n'
        + "script\t/usr/local/bin/x\tcp /home/me/list /tmp/list >&2\n"
        + "script\t/opt/other\techo >/etc/other\n"
    )["a.service"]
    assert found.uses == (
        "names /home/me/list (/usr/local/bin/x)",
        "writes /usr/local/x/last (/usr/local/bin/x)",
    )


def test_the_plan_names_a_service_its_socket_and_its_instances() -> None:
    assert declared("a.service", ("a.service",))
    assert declared("a@15-main.service", ("a.service",))
    assert declared("a.socket", ("a.service",))
    assert not declared("a.service", ("a.socket",))
    assert not declared("ab.service", ("a.service",))


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


def test_a_limit_that_is_a_share_of_the_kernels_is_explained() -> None:
    was, now = record(package="", tasks_max=("7534",)), record(package="", tasks_max=("7470",))
    assert explained("tasks_max", was, now) == (
        "the limit is a share of the tasks that the kernel allows"
    )
    assert not explained("tasks_max", was, record(package="", tasks_max=("512",)))


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
