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
    "writer": "exec >>/var/log/writer.log; while :; do echo 0123456789; sleep 0.05; done",
}

LINES_OF_A_START = 2
"""systemd's own, if the service started in the second in which the observation begins."""


@pytest.fixture(scope="module")
def stays(start: Start) -> Mapping[str, Stay]:
    with start("endurance") as machine:
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
