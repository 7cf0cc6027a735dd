"""The booted states: clones that have booted again, and what the boot changed.

A container that is started from a snapshot boots its userland; a VM boots its kernel. What any boot
of the old release changes is known from ``installed_rebooted``, and is no change of the upgrade.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import suppress

from upgradeproof.endpoints import ask
from upgradeproof.errors import BootError, UpgradeproofError
from upgradeproof.machines import Machine
from upgradeproof.plan import Cell
from upgradeproof.probes import Facts, every_probe, ordinary_probes, read
from upgradeproof.probes.config_reads import ConfigReads
from upgradeproof.probes.endurance import Endurance
from upgradeproof.probes.service_controls import ServiceControls
from upgradeproof.probes.text import general
from upgradeproof.results import Change
from upgradeproof.runner.inputs import probe_inputs
from upgradeproof.runner.judging import judge, judge_boot
from upgradeproof.runner.readiness import BOOT_TIMEOUT_S, patience_s, wait_until_ready
from upgradeproof.runner.state import State
from upgradeproof.states import StateName

# The time at which the machine booted, in seconds since the epoch: the kernel's where it has one of
# its own, else that of process 1. Empty where systemd does not report it.
_BOOTED_AT = r"""
for property in KernelTimestamp UserspaceTimestamp; do
  at=$(systemctl show --value --property=$property 2>/dev/null)
  case $at in ''|n/a) ;; *) date -d "$at" +%s; exit 0 ;; esac
done
echo 0
"""
# A client that connects and leaves: what waits for a request logs that, and does nothing else.
_CONNECT = r"""
for port in $ports; do
  timeout 2 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; read -rt 0.3 -u 3" 2>/dev/null &
done
wait
"""


def observe(machine: Machine, cell: Cell, state: StateName) -> Facts:
    """Return all facts of a clone that has just booted, those of intrusive probes included.

    The order matters: the ordinary facts first, which are those of a machine before any use;
    then the services are used and watched; then come the probes that change the machine, and at
    the end the services are reloaded and stopped.
    """
    booted_at = machine.run(_BOOTED_AT).text
    wanted = probe_inputs(cell, state, float(booted_at) if booted_at.isdecimal() else 0.0)
    ordinary = read(machine, wanted, ordinary_probes())
    _use(machine, cell, state)
    found = ordinary.joined(read(machine, wanted, (Endurance,)))
    # Alone: the other probes run daemons' checks and scripts, which read the same files.
    found = found.joined(read(machine, wanted, (ConfigReads,)))
    apart = (Endurance, ConfigReads, ServiceControls)
    others = tuple(p for p in every_probe() if p.intrusive and p not in apart)
    found = found.joined(read(machine, wanted, others))
    # Last: no service of the plan runs afterwards.
    return found.joined(read(machine, wanted, (ServiceControls,)))


def boot_again(machine: Machine, cell: Cell, state: StateName) -> Facts:
    """Boot a machine in a state again, and return its ordinary facts once its product is in use.

    Raises BootError when it does not come up, or the product is not in use then.
    """
    since = float(machine.run("date +%s.%N").text)
    machine.reboot(timeout_s=patience_s(machine, BOOT_TIMEOUT_S))
    if missing := wait_until_ready(machine, cell.expect, state, cell.plan.ready_timeout_s):
        raise BootError(f"{machine.name} booted, and is not in use", details=missing)
    return read(machine, probe_inputs(cell, state, since))


def changes(
    cell: Cell, state: StateName, facts: Facts, reached: Mapping[StateName, State]
) -> tuple[Change, ...]:
    """Return the changes of a booted state, each with its reason if it is expected.

    Those of ``installed_rebooted`` are what a boot of the old release changes; an event of it is
    none of the upgrade's, also where it happened before that boot. ``rebooted`` is compared with
    ``upgraded``; what only clones show is compared between the two clones.
    """
    spec = state.spec
    if spec.baseline is None:
        return judge_boot(reached[spec.parent].facts, facts)
    start, baseline = reached[spec.baseline.spec.parent].facts, reached[spec.baseline]
    by_a_boot = {_same_by_a_boot(change) for change in baseline.changes}
    events = {
        f"{probe.section}/{key}"
        for probe in every_probe()
        if probe.events
        for key in baseline.facts.sections.get(probe.section, {})
    }
    ordinary = judge(
        cell,
        state,
        reached[spec.parent].facts.only(intrusive=False),
        facts,
        origin=start,
        baseline=baseline.facts,
    )
    on_clones = judge(
        cell,
        state,
        baseline.facts.only(intrusive=True),
        facts,
        origin=start,
        baseline=baseline.facts,
    )
    return (
        *(
            change
            for change in ordinary
            if _same_by_a_boot(change) not in by_a_boot and change.path not in events
        ),
        *on_clones,
    )


def _same_by_a_boot(change: Change) -> tuple[str, str]:
    """Return what a change that every boot makes has in common with that of another boot.

    Numbers, dates and hexadecimal strings may differ; ``failed`` is not ``activating``.
    """
    return change.path, general(change.after or "")


def _use(machine: Machine, cell: Cell, state: StateName) -> None:
    """Use the services as their clients do, so that they log what they log in use."""
    for endpoint in cell.expect.endpoint:
        with suppress(UpgradeproofError):  # what they answer is for the checks to judge
            ask(machine, endpoint, cell.expect.port_in(state, endpoint.port))
    if ports := _without_endpoint(cell, state):
        with suppress(UpgradeproofError):
            machine.run(f"ports={shlex.quote(' '.join(map(str, ports)))}\n{_CONNECT}")
    for data in cell.expect.data:
        with suppress(UpgradeproofError):
            machine.run(data.to_read())


def _without_endpoint(cell: Cell, state: StateName) -> list[int]:
    """Return the TCP ports of the plan that no endpoint asks."""
    asked = {cell.expect.port_in(state, endpoint.port) for endpoint in cell.expect.endpoint}
    ports = (port.number_in(state) for port in cell.expect.port if port.protocol == "tcp")
    return sorted({port for port in ports if port is not None} - asked)
