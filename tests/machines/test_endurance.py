"""What real services log while they are watched and no client uses them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.machines.probing import run
from tests.machines.starting import Start
from upgradeproof.probes import read
from upgradeproof.probes.endurance import Endurance, Stay
from upgradeproof.probes.inputs import ProbeInputs

UNITS = {
    "quiet": "exec sleep infinity",
    "chatty": "while :; do echo debug; sleep 0.05; done",
    "hoarder": "exec perl /srv/hoarder",
    "writer": "exec >>/var/log/writer.log; while :; do echo 0123456789; sleep 0.05; done",
}
HOARDER = b"""
my $memory = "x" x 30_000_000;
for my $index (1 .. 9999) { open $files[$index], "/etc/passwd"; select undef, undef, undef, 0.1 }
"""

LINES_OF_A_START = 2
"""systemd's own, if the service started in the second in which the observation begins."""


@pytest.fixture(scope="module")
def stays(start: Start) -> Mapping[str, Stay]:
    with start("endurance") as machine:
        machine.put(HOARDER, "/srv/hoarder")
        for name, script in UNITS.items():
            unit = f"[Service]\nExecStart=/bin/sh -c '{script}'\n"
            machine.put(unit.encode(), f"/etc/systemd/system/{name}.service")
        run(machine, f"systemctl daemon-reload && systemctl start {' '.join(UNITS)}")
        units = tuple(f"{name}.service" for name in UNITS)
        return read(machine, ProbeInputs(services=units, min_uptime_s=8), (Endurance,))[Endurance]


def test_a_quiet_service_logs_nothing(stays: Mapping[str, Stay]) -> None:
    quiet = stays["quiet.service"]
    assert (quiet.active, quiet.logged_bytes) == ("active", 0)
    assert quiet.logged_lines <= LINES_OF_A_START
    assert quiet.watched_s >= 5


def test_lines_in_the_journal_are_counted(stays: Mapping[str, Stay]) -> None:
    assert stays["chatty.service"].logged_lines > 20
    assert stays["chatty.service"].logged_bytes == 0


def test_growth_of_a_log_file_is_counted(stays: Mapping[str, Stay]) -> None:
    assert stays["writer.service"].logged_bytes > 200
    assert stays["writer.service"].logged_lines <= LINES_OF_A_START


def test_memory_files_and_threads_are_counted(stays: Mapping[str, Stay]) -> None:
    quiet, hoarder = stays["quiet.service"], stays["hoarder.service"]
    assert quiet.threads == 1
    assert 50 < quiet.memory_kib < 20_000
    assert 3 <= quiet.open_files < 10
    assert quiet.opened_files == 0
    assert hoarder.memory_kib > 20_000
    assert hoarder.opened_files > 10
