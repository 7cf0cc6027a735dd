"""Unix sockets: who may connect, and which unit listens."""

from __future__ import annotations

from tests.unit.probes.captured_text import captured
from upgradeproof.probes.base import Difference, Facts
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.packages import Package, Packages
from upgradeproof.probes.unix_sockets import UnixSocket, UnixSockets


def parsed(*lines: str) -> dict[str, UnixSocket]:
    return UnixSockets.parse("\n".join(lines), ProbeInputs())


def test_a_socket_unit_is_named_where_systemd_listens() -> None:
    sockets = UnixSockets.parse(captured("unix_sockets"), ProbeInputs())
    assert sockets["/run/dbus/system_bus_socket"] == UnixSocket(
        kind="stream",
        owner="root",
        group="root",
        mode="0666",
        unit="dbus.socket",
        process="systemd",
        package="dbus-system-bus-common",
    )
    assert sockets["/run/systemd/journal/dev-log"].kind == "datagram"


def test_a_daemon_that_listens_itself_is_named_by_its_control_group() -> None:
    sockets = parsed(
        "socket\t7\t0001\t/run/a/a.sock",
        "holder\t7\t310",
        "process\t310\tad\t0::/system.slice/a@main.service\t",
        "file\t/run/a/a.sock\ta\ta\t660",
        "owner\ta-common\t/lib/systemd/system/a@.service",
    )
    assert sockets["/run/a/a.sock"].unit == "a@main.service"
    assert sockets["/run/a/a.sock"].package == "a-common"
    assert sockets["/run/a/a.sock"].access == "0660 a:a"


def test_process_ids_and_random_parts_of_names_are_replaced() -> None:
    sockets = parsed(
        "socket\t7\t0001\t/run/a/310.sock",
        "holder\t7\t310",
        "socket\t8\t0001\t/run/b-Xk29aQz1/b",
        "socket\t9\t0001\t/var/run/db/.s.PGSQL.5432",
        "socket\t10\t0001\t/run/io.system.ManagedOOM",
    )
    assert set(sockets) == {
        "/run/a/PID.sock",
        "/run/b-RANDOM/b",
        "/run/db/.s.PGSQL.5432",
        "/run/io.system.ManagedOOM",
    }


def test_sockets_of_a_login_and_names_that_are_only_random_are_left_out() -> None:
    assert not parsed(
        "socket\t1\t0001\t/run/user/1000/bus",
        "socket\t2\t0001\t/tmp/ssh-XXk2a/agent.12",
        "socket\t3\t0001\t@00a3f",
        "socket\t4\t0001\t@",
        "socket\t5\t0001\trelative",
    )
    assert set(parsed("socket\t1\t0001\t@/org/kernel/linux/storage")) == {
        "@/org/kernel/linux/storage"
    }


def facts(version: str, **sockets: UnixSocket) -> Facts:
    package = Package(version=version, state="install ok installed")
    return Facts({Packages.section: {"a": package}, UnixSockets.section: sockets})


def explained(field: str, before: Facts, after: Facts) -> str:
    line = Difference(path=f"unix_sockets/s{field}", before="1", after="2")
    return UnixSockets.explain(line, before, after)


def test_a_new_socket_is_attributed_to_the_package_of_its_unit() -> None:
    new = facts("2", s=UnixSocket(kind="stream", mode="0660", unit="a.service", package="a"))
    assert "a, which went from 1 to 2" in explained("", facts("1"), new)
    assert not explained("", facts("2"), new)


def test_a_new_socket_for_every_user_follows_from_a_new_package_alone() -> None:
    new = facts("2", s=UnixSocket(kind="stream", mode="0777", unit="a.service", package="a"))
    assert not explained("", facts("1"), new)
    without = Facts({Packages.section: {}, UnixSockets.section: {}})
    assert "a, which was installed in version 2" in explained("", without, new)


def test_another_mode_and_a_lost_socket_are_explained_by_no_package() -> None:
    old = facts("1", s=UnixSocket(kind="stream", mode="0666", unit="a.service", package="a"))
    new = facts("2", s=UnixSocket(kind="stream", mode="0660", unit="a.service", package="a"))
    assert not explained("/mode", old, new)
    assert not explained("", old, facts("2"))
