"""Stale processes, after an upgrade that restarted neither dbus nor logind."""

from __future__ import annotations

from pathlib import Path

from upgradeproof.probes.base import Facts, diff
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.stale import Stale, StaleProcess

CAPTURED = (Path(__file__).parent / "captured" / "stale.txt").read_text()


def parse(*lines: str) -> dict[str, StaleProcess]:
    return Stale.parse("\n".join(lines), ProbeInputs())


def test_a_restarted_process_is_no_difference() -> None:
    """A machine of a cached state was booted, which starts every process again."""
    stale, nothing = Facts({"stale": Stale.parse(CAPTURED, ProbeInputs())}), Facts({"stale": {}})
    assert diff(stale, nothing) == ()
    assert [line.path for line in diff(nothing, stale)] == [
        "stale/dbus.service",
        "stale/systemd-logind.service",
    ]


def test_the_daemons_that_were_not_restarted_are_stale() -> None:
    stale = Stale.parse(CAPTURED, ProbeInputs())
    assert set(stale) == {"dbus.service", "systemd-logind.service"}
    assert stale["dbus.service"].executables == ("/usr/bin/dbus-daemon",)
    assert "/usr/lib/x86_64-linux-gnu/libc.so.6" in stale["dbus.service"].deleted


def test_processes_of_one_service_are_one_fact() -> None:
    stale = parse(
        "file\t20\t/usr/sbin/nginx (deleted)",
        "file\t21\t/usr/sbin/nginx (deleted)",
        "process\t21\t/usr/sbin/nginx (deleted)\t0::/system.slice/nginx.service\t",
        "process\t20\t/usr/sbin/nginx (deleted)\t0::/system.slice/nginx.service\t",
    )
    assert stale == {
        "nginx.service": StaleProcess(
            executables=("/usr/sbin/nginx",), deleted=("/usr/sbin/nginx",), pids=(20, 21)
        )
    }


def test_a_process_outside_any_service_is_keyed_by_its_executable() -> None:
    lines = ("file\t9\t/usr/lib/libz.so.1 (deleted)", "process\t9\t/usr/bin/top\t0::/x.scope\t")
    assert set(parse(*lines)) == {"/usr/bin/top"}


def test_the_shell_of_the_channel_is_ignored() -> None:
    shell = ("file\t9\t/usr/bin/dash (deleted)", "process\t9\t/usr/bin/dash (deleted)\t0::/\t")
    assert set(parse(*shell)) == {"/usr/bin/dash"}
    assert parse("own\t9", *shell) == {}


def test_memory_and_temporary_files_are_not_stale() -> None:
    names = ("/memfd:jit", "/dev/zero", "/SYSV00000000", "/tmp/jit", "/run/x", "/[aio]")
    files = (f"file\t9\t{name} (deleted)" for name in names)
    assert parse(*files, "process\t9\t/usr/bin/java\t0::/java.service\t") == {}


def test_the_hosts_emulator_is_not_stale_but_its_program_may_be() -> None:
    emulator = "/usr/bin/qemu-aarch64-static"
    process = f"process\t9\t{emulator} (deleted)\t0::/system.slice/nginx.service\t"
    assert parse(f"file\t9\t{emulator} (deleted)", process) == {}
    both = parse(f"file\t9\t{emulator} (deleted)", "file\t9\t/usr/lib/libz.so.1 (deleted)", process)
    assert both["nginx.service"].deleted == ("/usr/lib/libz.so.1",)


# The machine booted at 1000 s of the epoch, and the process started 50 s later.
INTERPRETER = (
    "now\t1100.5\t100.5",
    "process\t9\t/usr/bin/python3.11\t0::/system.slice/thing.service\t",
)


def test_a_script_that_was_unpacked_after_its_process_started_is_stale() -> None:
    stale = parse(*INTERPRETER, "script\t9\t5000\t1051.200\t/usr/lib/thing/thing.py")
    assert stale["thing.service"] == StaleProcess(
        executables=("/usr/bin/python3.11",),
        deleted=(),
        replaced=("/usr/lib/thing/thing.py",),
        pids=(9,),
    )


def test_a_script_that_is_gone_is_stale() -> None:
    stale = parse(*INTERPRETER, "script\t9\t5000\t\t/usr/lib/thing/thing.py")
    assert stale["thing.service"].old == ("/usr/lib/thing/thing.py",)


def test_an_open_archive_of_a_java_program_that_is_gone_is_stale() -> None:
    jar = "/usr/share/java/zookeeper-3.4.13.jar"
    stale = parse(INTERPRETER[1], f"archive\t9\t{jar} (deleted)")
    assert stale["thing.service"].old == (jar,)
    assert parse(INTERPRETER[1], "archive\t9\t/tmp/cache.jar (deleted)") == {}


def test_neither_a_script_that_is_older_than_its_process_nor_a_temporary_one_is_stale() -> None:
    assert parse(*INTERPRETER, "script\t9\t5000\t1050.900\t/usr/lib/thing/thing.py") == {}
    assert parse(*INTERPRETER, "script\t9\t5000\t\t/tmp/installer.py") == {}


def test_a_clock_that_was_set_after_the_boot_is_taken_into_account() -> None:
    """The uptime of a VM that is restored after an hour does not include that hour."""
    an_hour_later = "now\t4710.5\t110.5", "jump\t100.0\t1100.0\t4700.0", INTERPRETER[1]
    unpacked_before = "script\t9\t5000\t1060\t/usr/lib/thing/thing.py"
    assert set(parse(*an_hour_later, unpacked_before)) == {"thing.service"}
    assert parse(*an_hour_later, "script\t9\t5000\t1040\t/usr/lib/thing/thing.py") == {}
    started_since = "script\t9\t10500\t4690\t/usr/lib/thing/thing.py"
    assert parse(*an_hour_later, started_since) == {}


def test_a_process_that_ended_during_the_pass_is_ignored() -> None:
    assert parse("file\t9\t/usr/bin/top (deleted)", "process\t9\t\t") == {}
