"""What the message of a failed step quotes of the units that failed, on a real machine."""

from __future__ import annotations

from tests.machines.probing import changed
from upgradeproof.machines import Machine
from upgradeproof.step_failure import failed_units


def test_a_unit_between_two_restarts_is_quoted_with_its_own_log_file(debian: Machine) -> None:
    do = """
    useradd -r looper; install -d -o looper /var/log/loop
    printf '%s\\n' '[Service]' 'User=looper' 'Restart=on-failure' 'RestartSec=60' \\
      'ExecStart=/bin/sh -c "echo flag x is off >/var/log/loop/node.log; echo ends; exit 3"' \\
      >/etc/systemd/system/looping.service
    systemctl daemon-reload; systemctl start looping || :
    for i in $(seq 50); do [ -s /var/log/loop/node.log ] && break; sleep 0.1; done; sleep 0.5
    """
    undo = """
    systemctl stop looping || :; rm -rf /etc/systemd/system/looping.service /var/log/loop
    systemctl daemon-reload; systemctl reset-failed; userdel looper
    """
    with changed(debian, do, undo):
        message = failed_units(debian)
    assert "the last journal lines of looping.service:\n" in message
    assert "  ends\n" in message
    assert "the last lines of /var/log/loop/node.log:\n  flag x is off" in message
