"""A unit's name is no pattern, also with the backslashes by which systemd escapes it."""

from __future__ import annotations

import subprocess

import pytest

from upgradeproof.probes.unit_shell import INSTANCES, PROCESSES

NAMES = (r"a\x2db.service", "c++.socket", "x[1].service", "d.e|f.service", "g$h.timer")


def matched(unit: str, group: str, instances: str = "") -> bool:
    """Return whether the pattern of a unit fits a line of a process's control groups."""
    # The files of /proc are replaced by one line, and `grep -l` by its exit status.
    script = PROCESSES.replace("/proc/[0-9]*/cgroup", "/dev/stdin").replace("-lsE", "-qE")
    script = script.replace("| sed 's|/cgroup$||'", "&& echo yes")
    done = subprocess.run(
        ["sh", "-c", f'{script}\nprocesses "$1" "$2"', "sh", unit, instances],
        input=group.encode(),
        capture_output=True,
        check=False,
    )
    assert not done.stderr
    return done.stdout == b"yes\n"


@pytest.mark.parametrize("unit", NAMES)
def test_a_name_fits_itself(unit: str) -> None:
    assert matched(unit, f"0::/system.slice/{unit}\n")
    assert matched(unit, f"0::/system.slice/{unit}/worker\n")
    assert not matched(unit, f"0::/system.slice/z{unit}\n")
    assert not matched(unit, f"0::/system.slice/{unit}z\n")


def test_a_point_fits_no_other_character() -> None:
    assert not matched("a.b.service", "0::/system.slice/a-b.service\n")


def test_instances_count_where_they_are_asked_for() -> None:
    group = "0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n"
    assert not matched("postgresql.service", group)
    assert matched("postgresql.service", group, INSTANCES)
    assert matched("postgresql@15-main.service", group, INSTANCES)
