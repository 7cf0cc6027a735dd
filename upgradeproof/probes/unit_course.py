"""What makes a service end, start or stop in another way than before, each as a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from upgradeproof.probes.intervals import seconds
from upgradeproof.probes.unit_changes import Complaint, Group, changed
from upgradeproof.probes.unit_settings import field_name
from upgradeproof.probes.unit_table import UnitProperties

_USUAL_TIMEOUT_S = 90.0
"""``DefaultTimeoutStartSec`` and ``DefaultTimeoutStopSec`` of systemd-system.conf(5)."""
_MUCH = 2
_SESSIONS = ("process", "none")
"""Values of ``KillMode`` by which a stop leaves processes of the service running."""
_OF_INIT_SCRIPTS = {"TimeoutStopUSec": ("5min",), "KillMode": ("process",)}
"""What systemd-sysv-generator(8) writes for every init script: no choice of any service."""
_KILLING = ("SIGKILL", "SIGABRT")
_NETWORK, _ONLINE = "network.target", "network-online.target"
_PARTS_OF_THE_SYSTEM = ("systemd-", "dbus.")
"""systemd itself adds these as dependencies, for sandboxes and for the bus."""


def time_limits(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    """Yield what ends a service, or its start, earlier than before."""

    def complaint(name: str, what: str, group: Group = Group.LIMIT) -> Complaint:
        sentence = f"{unit} {what}: {changed(was, now, name)}"
        return Complaint(group=group, field=field_name(name), sentence=sentence)

    if _span(now, "RuntimeMaxUSec") < _span(was, "RuntimeMaxUSec"):
        yield complaint("RuntimeMaxUSec", "is ended after a time")
    before, after = _span(was, "WatchdogUSec"), _span(now, "WatchdogUSec")
    if after < before:
        yield complaint("WatchdogUSec", "is killed where it does not report for a shorter time")
    elif before < after == float("inf"):
        yield complaint("WatchdogUSec", "is not started again if it hangs", Group.RESTART)
    if was.get("Type") == now.get("Type") and _is_halved(was, now, "TimeoutStartUSec"):
        yield complaint("TimeoutStartUSec", "has less time to start")


def stops(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    """Yield what makes a stop lose data, or leave or end other processes than before."""

    def complaint(name: str, what: str) -> Complaint:
        sentence = f"{unit} {what}: {changed(was, now, name)}"
        return Complaint(group=Group.STOP, field=field_name(name), sentence=sentence)

    generated = _of_init_script(was) and not was.drop_ins and not _of_init_script(now)
    general = {name for name, usual in _OF_INIT_SCRIPTS.items() if was.get(name) == usual}
    general = general if generated else set()
    if _is_halved(was, now, "TimeoutStopUSec") and "TimeoutStopUSec" not in general:
        yield complaint("TimeoutStopUSec", "has less time to stop before it is killed")
    modes = ["".join(one.get("KillMode")) for one in (was, now)]
    if modes[1] in _SESSIONS and modes[0] != modes[1]:
        yield complaint("KillMode", "leaves processes running when it is stopped")
    elif modes[0] in _SESSIONS and modes[0] != modes[1] and "KillMode" not in general:
        yield complaint("KillMode", "ends processes that a stop left running before")
    elif modes == ["mixed", ""]:
        yield complaint("KillMode", "sends the signal of a stop to all of its processes")
    signals = ["".join(one.get("KillSignal")) for one in (was, now)]
    if signals[0] != signals[1] and (signals[0] or signals[1] in _KILLING):
        yield complaint("KillSignal", "is stopped by another signal")


def lost_handlers(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    """Yield that a failure of a service does not start another unit any more."""
    if lost := [each for each in was.get("OnFailure") if each not in now.get("OnFailure")]:
        sentence = f"{unit} no longer starts {', '.join(lost)} when it fails (OnFailure=)"
        yield Complaint(group=Group.DEPENDENCY, field="on_failure", sentence=sentence)


def lost_dependencies(
    unit: str,
    was: UnitProperties,
    now: UnitProperties,
    units: Mapping[str, UnitProperties],
    *,
    distribution: bool = False,
) -> Iterator[Complaint]:
    """Yield what a service of the plan no longer waits for, or no longer starts.

    ``units``: all units of the new state. Only a dependency on one that runs counts, or on the
    network: in lists of daemons of all kinds (``After=mysql.service slapd.service``) most are not
    there. A new release of the distribution (``distribution``) may have a daemon start before
    the network is up, with ``network.target`` instead: Postfix and others handle that.
    """
    if not (was.declared or now.declared) or now.load != "loaded":
        return
    earlier = distribution and _NETWORK in set(now.get("After")) - set(was.get("After"))
    own = unit.partition(".")[0].partition("@")[0]

    def lost(name: str) -> list[str]:
        return [
            other
            for other in was.get(name)
            if other not in now.get(name)
            and not other.startswith(_PARTS_OF_THE_SYSTEM)
            and other.partition(".")[0].partition("@")[0] != own
            and (units[other].running if other in units else other == _ONLINE and not earlier)
        ]

    for name, what in (("After", "no longer waits for"), ("Requires", "no longer starts")):
        if others := lost(name):
            sentence = f"{unit} {what} {', '.join(others)}"
            yield Complaint(group=Group.DEPENDENCY, field=field_name(name), sentence=sentence)


def _of_init_script(unit: UnitProperties) -> bool:
    """Return whether systemd made the unit of an init script, since the package has no other."""
    return any(command.startswith("/etc/init.d/") for command in unit.get("ExecStart"))


def _is_halved(was: UnitProperties, now: UnitProperties, name: str) -> bool:
    before, after = (_span(unit, name, _USUAL_TIMEOUT_S) for unit in (was, now))
    return after * _MUCH < before


def _span(unit: UnitProperties, name: str, usual: float = float("inf")) -> float:
    """Return a time in seconds; ``usual`` where it is not set."""
    value = "".join(unit.get(name))
    return usual if not value else float("inf") if value == "infinity" else seconds(value)
