"""Wait until a product is in use on a machine: services active, ports open."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from upgradeproof.command import TAIL_LINES
from upgradeproof.machines import Machine
from upgradeproof.plan import Expectations

BOOT_TIMEOUT_S = 300.0
LOG_LINES = 8
"""Of the journal of a unit that is not up: the message of the program is among them."""
NO_LISTENER = "nothing listens on"
"""How a line about a port begins; the others are about services, and their logs."""
MAX_LOG_LINES = 20
"""Of all such units; what is not ready stays within the lines that an error quotes."""


def patience_s(machine: Machine, plan_s: float) -> float:
    """Return a time limit of the plan, for the speed of a machine."""
    return plan_s * machine.fidelity.slowness


def wait_until_ready(
    machine: Machine,
    expect: Expectations,
    state: str,
    timeout_s: float,
    *,
    stays_s: float = 0.0,
) -> str:
    """Wait until the services are active and the ports listen; return what still is not, or "".

    They have to be so for ``stays_s`` seconds: some services start, and fail soon after.
    One script waits on the machine itself: nothing is polled over the channel.
    """
    ports = {
        (port.protocol, number)
        for port in expect.port
        if (number := port.number_in(state)) is not None
    }
    limit_s = patience_s(machine, timeout_s)
    script = _ready_script(expect.units_in(state), sorted(ports), limit_s, stays_s)
    done = machine.run(script, timeout_s=limit_s + 30)
    return "" if done.ok else "\n".join(done.text.splitlines()[-TAIL_LINES:])


def wait_until_old(machine: Machine, units: Sequence[str], age_s: float) -> None:
    """Wait until each active unit has been up for ``age_s`` seconds, at most that long.

    A service that fails some seconds after each start has then been restarted, or has failed. Most
    services have been up for longer when the upgrade ends, and nothing is waited for.
    """
    if not units or age_s <= 0:
        return
    properties = "--property=ActiveEnterTimestampMonotonic"
    script = (
        f"systemctl show {properties} -- {shlex.join(units)} |\n"
        f"awk -F = -v most={age_s:.0f} '\n"
        '  BEGIN { getline <"/proc/uptime"; split($0, now, " ") }\n'
        '  $1 == "ActiveEnterTimestampMonotonic" && $2 > newest { newest = $2 }\n'
        "  END { left = most - (now[1] - newest / 1000000)\n"
        "    left = left < 0 ? 0 : (left > most ? most : left + 0.999)\n"
        '    printf "%d\\n", left }\'\n'
    )
    machine.run(f'left=$({script})\nsleep "${{left:-0}}"', timeout_s=age_s + 30)


def _ready_script(
    units: Sequence[str], ports: Sequence[tuple[str, int]], timeout_s: float, stays_s: float
) -> str:
    """Return the script: it prints what is not ready, with its log, and exits 1 at the end.

    It ends at once where a service has failed, or is inactive and no job of systemd's is left, and
    none is being started: waiting does not bring it back.
    """
    checks = [
        f"systemctl -q is-active {unit} || echo {name} is $(systemctl is-active {unit})"
        for unit, name in (
            (shlex.quote(unit), shlex.quote(unit.removesuffix(".service"))) for unit in units
        )
    ]
    for protocol, number in ports:
        listening = "0A" if protocol == "tcp" else "07"
        pattern = f":{number:04X} [0-9A-F]*:0000 {listening} "
        checks.append(
            f"cat /proc/net/{protocol} /proc/net/{protocol}6 2>/dev/null | grep -q '{pattern}'"
            f" || echo {NO_LISTENER} {protocol} port {number}"
        )
    body = "\n".join(checks) or ":"
    again = (
        f'  [ -n "$missing" ] || {{ sleep {stays_s:g}; missing=$(ready); }}\n' if stays_s else ""
    )
    states = f"systemctl is-active {shlex.join(units)}" if units else ":"
    return (
        f"ready() {{\n{body}\n}}\n"
        f"lost() {{ case $({states}) in\n"
        "*activating*) false;; *failed*) ;;\n"
        '*inactive*) [ -z "$(systemctl list-jobs --no-legend)" ];; *) false;; esac; }\n'
        f"end=$(($(date +%s) + {timeout_s:.0f}))\n"
        "while :; do\n"
        "  missing=$(ready)\n"
        f"{again}"
        '  [ -n "$missing" ] || exit 0\n'
        '  if [ "$(date +%s)" -ge "$end" ] || lost; then\n'
        f'    echo "$missing"; {_logs(units)}\n'
        "    exit 1\n"
        "  fi\n"
        "  sleep 0.1\n"
        "done"
    )


def _logs(units: Sequence[str]) -> str:
    """Return a command that prints the last lines of the journal of the units that are not up."""
    return (
        f"journalctl --sync >/dev/null 2>&1; for unit in {shlex.join(units)}; do\n"
        '      systemctl -q is-active "$unit" ||\n'
        f'        journalctl --quiet --no-pager --unit="$unit" -n {LOG_LINES} -o cat 2>/dev/null\n'
        f"    done | head -n {MAX_LOG_LINES} | sed 's/^/  /'"
    )
