"""Which changes of a unit's properties an administrator has to see, each as a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upgradeproof.probes.unit_changes import Complaint, Group, changed, same_share
from upgradeproof.probes.unit_course import lost_handlers, stops, time_limits
from upgradeproof.probes.unit_settings import (
    DEPENDENCIES,
    LIMITS,
    PROPERTIES,
    SANDBOX,
    field_name,
)
from upgradeproof.probes.unit_table import UnitProperties
from upgradeproof.probes.unit_uses import HOMES, TEMPORARY, below

_ALWAYS = ("PrivateNetwork", "IPAddressDeny")
"""Other programs connect to a service of a plan: it needs a network."""
_OF_DROP_INS = frozenset(PROPERTIES) - frozenset(DEPENDENCIES)
"""What counts where a drop-in sets it; files of units only add to the dependencies."""
_SHOWN_AS = {
    "EnvironmentFile": "EnvironmentFiles",
    "MemoryLimit": "MemoryMax",
    **{name.replace("USec", "Sec"): name for name in PROPERTIES if name.endswith("USec")},
}
_UNLIMITED = ("MemoryMax", "MemoryHigh", "CPUQuotaPerSecUSec")
_MODES = {
    "RuntimeDirectoryMode": ("RuntimeDirectory", "0755", 0o022),
    "StateDirectoryMode": ("StateDirectory", "0755", 0o027),
}
"""The folders, their usual mode, and the rights that others may not gain: to write, or to read."""
_NUMBER = re.compile(r"([0-9]+)(?::[0-9]+)?")


def complaints(
    unit: str, was: UnitProperties, now: UnitProperties, field: str = ""
) -> tuple[Complaint, ...]:
    """Return what is more restricted, or less, than before; with ``field`` only in that field.

    The administrator's own drop-ins count for every unit, everything else for units that the plan
    names and whose file is there. What only narrows a service counts where the service used what
    it may not use now.
    """
    found = [*_drop_ins(unit, was, now)]
    if (was.declared or now.declared) and now.load == "loaded":
        found += [
            *_privileges(unit, was, now),
            *_folders(unit, was, now),
            *_access(unit, was, now),
            *_limits(unit, was, now),
            *_environment(unit, was, now),
            *_restart(unit, was, now),
            *_priorities(unit, was, now),
            *time_limits(unit, was, now),
            *stops(unit, was, now),
            *lost_handlers(unit, was, now),
        ]
    return tuple(one for one in found if not field or one.field == field)


def _privileges(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    def complaint(name: str, sentence: str) -> Complaint:
        return Complaint(group=Group.PRIVILEGE, field=field_name(name), sentence=sentence)

    for name in ("User", "Group"):
        if change := changed(was, now, name):
            yield complaint(name, f"{unit} runs with other rights: {change}")
    for name in SANDBOX:
        if was.get(name) and not now.get(name) and not _replaced(name, was, now):
            yield complaint(name, f"{unit} lost a protection: {changed(was, now, name)}")
    if _opened(was.get("UMask"), now.get("UMask")):
        change = changed(was, now, "UMask")
        yield complaint("UMask", f"{unit} makes files that others may read or write: {change}")
    name = "CapabilityBoundingSet"
    if was.get(name) and not now.get(name) and not _replaced(name, was, now):
        yield complaint(name, f"{unit} may have every capability: {name} was bounded, is not")
    name = "AmbientCapabilities"
    had_all = not was.get("User") and not was.get("CapabilityBoundingSet")
    if not had_all and (gained := sorted(set(now.get(name)) - set(was.get(name)))):
        yield complaint(name, f"{unit} has more capabilities: {name} gained {' '.join(gained)}")


def _folders(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    for name, (folder, usual, bits) in _MODES.items():
        before, after = (int(next(iter(one.get(name)), usual), 8) for one in (was, now))
        if was.get(folder) and now.get(folder) and after & ~before & bits:
            sentence = f"{unit} opens its {folder} to others: {changed(was, now, name)}"
            yield Complaint(group=Group.PRIVILEGE, field=field_name(name), sentence=sentence)


def _replaced(name: str, was: UnitProperties, now: UnitProperties) -> bool:
    """Return whether a protection that is gone has no effect any more next to a new one."""
    match name:
        case "ReadOnlyPaths":
            return now.get("ProtectSystem") == ("strict",)  # the whole tree is read-only
        case (
            "CapabilityBoundingSet"
        ):  # capabilities in a user namespace of its own are worth nothing
            return bool(now.get("PrivateUsers")) and not was.get("PrivateUsers")
        case _:
            return False


def _opened(was: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Return whether a file mode creation mask takes away less than before; the default is 0022."""
    before, after = (int(next(iter(masks), "0022"), 8) for masks in (was, now))
    return bool(before & ~after & 0o077)


def _access(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    name = "SupplementaryGroups"
    lost = [each for each in was.get(name) if each not in {*now.get(name), *now.get("Group")}]
    if lost and was.get("User") == now.get("User") and (now.get("User") or now.get("DynamicUser")):
        sentence = f"{unit} is no longer in the group {', '.join(lost)}: {changed(was, now, name)}"
        yield Complaint(group=Group.ACCESS, field=field_name(name), sentence=sentence)
    name = "ReadWritePaths"
    if paths := _closed(was, now):
        sentence = f"{unit} may no longer write {', '.join(paths)}: {changed(was, now, name)}"
        yield Complaint(group=Group.ACCESS, field=field_name(name), sentence=sentence)
    for name in SANDBOX:
        change = changed(was, now, name)
        if not change or not now.get(name):
            continue
        used = _taken(name, now.get(name), was, now)
        if used:
            yield Complaint(
                group=Group.ACCESS,
                field=field_name(name),
                sentence=f"{unit} {_LOSES.get(name, 'loses access to paths')}: {change}; before the"
                f" upgrade it {', '.join(used)}",
            )
        elif name in _ALWAYS:
            sentence = f"{unit} may no longer use the network: {change}"
            yield Complaint(group=Group.ACCESS, field=field_name(name), sentence=sentence)


_LOSES = {
    "ProtectHome": "may no longer use files below /home, /root and /run/user",
    "PrivateTmp": "no longer shares /tmp and /var/tmp with other programs",
    "PrivateDevices": "may no longer use devices",
    "ProtectSystem": "may no longer write parts of the system",
}


def _taken(
    name: str, values: tuple[str, ...], was: UnitProperties, now: UnitProperties
) -> list[str]:
    """Return which of its uses before the upgrade a service lost by a setting."""
    value = values[0]
    match name:
        case "ProtectHome":
            used = below(was.uses, HOMES, writing=value == "read-only")
        case "PrivateTmp":
            used = below(was.uses, TEMPORARY)
        case "PrivateDevices":
            used = below(was.uses, ("/dev",))
        case "ProtectSystem":
            folders = _read_only(value)
            used = [one for one in below(was.uses, folders, writing=True) if "writes " in one]
            used = [one for one in used if not below([one], _writable(now))]
        case "InaccessiblePaths" | "ReadOnlyPaths":
            paths = [path.lstrip("-+") for path in set(values) - set(was.get(name))]
            used = below(was.uses, paths, writing=name == "ReadOnlyPaths")
        case _:
            used = []
    return used


def _read_only(protection: str) -> list[str]:
    """Return what a value of ``ProtectSystem`` makes read-only."""
    return [
        *(["/usr", "/boot", "/efi"] if protection else []),
        *(["/etc"] if protection in ("full", "strict") else []),
        *(["/"] if protection == "strict" else []),
    ]


def _closed(was: UnitProperties, now: UnitProperties) -> list[str]:
    """Return paths of ``ReadWritePaths`` that the same protections make read-only now."""
    protections = ("ProtectSystem", "ReadOnlyPaths")
    if any(was.get(name) != now.get(name) for name in protections):
        return []
    closed = [*_read_only("".join(now.get("ProtectSystem")))]
    closed += [path.lstrip("-+") for path in now.get("ReadOnlyPaths")]
    named = [f"writes {path.lstrip('-+')}" for path in was.get("ReadWritePaths")]
    found = [one for one in below(named, closed) if not below([one], _writable(now))]
    return [one.partition(" ")[2] for one in found]


def _writable(unit: UnitProperties) -> list[str]:
    """Return what stays writable under ``ProtectSystem=strict``, but for homes that it hides."""
    folders = [path.lstrip("-+") for path in unit.get("ReadWritePaths")]
    for name, root in (
        ("StateDirectory", "/var/lib"),
        ("RuntimeDirectory", "/run"),
        ("LogsDirectory", "/var/log"),
    ):
        folders += [f"{root}/{path}" for path in unit.get(name)]
    return [*folders, "/dev", *(TEMPORARY if unit.get("PrivateTmp") else ())]


def _limits(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    for name in LIMITS:
        change = changed(was, now, name)
        if same_share(name, was, now):
            continue
        if change and _amount(name, now.get(name)) < _amount(name, was.get(name)):
            sentence = f"{unit} has a lower limit: {change}"
            yield Complaint(group=Group.LIMIT, field=field_name(name), sentence=sentence)


def _amount(name: str, values: tuple[str, ...]) -> float:
    """Return a limit as a number.

    Without a setting memory and processor are unlimited. Of the rest the manager has defaults,
    which count as the lowest, since a unit that sets a limit does so to have more.
    """
    match = _NUMBER.fullmatch(values[0]) if values else None
    if match:
        return float(match[1])
    return float("inf") if values or name in _UNLIMITED else -1.0


def _environment(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    before, after = (
        dict(text.partition("=")[::2] for text in one.get("Environment")) for one in (was, now)
    )
    for name in sorted(before.keys() - after.keys()):
        yield Complaint(
            group=Group.ENVIRONMENT,
            field="environment",
            sentence=f"{unit} no longer gets the variable {name} from its unit",
        )
    files = [path.lstrip("-") for path in now.get("EnvironmentFiles")]
    for path in was.get("EnvironmentFiles"):
        if path.lstrip("-") not in files:
            yield Complaint(
                group=Group.ENVIRONMENT,
                field="environment_files",
                sentence=f"{unit} no longer reads {path.lstrip('-')} (EnvironmentFile=)",
            )


def _restart(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    if was.get("Restart") and not now.get("Restart"):
        yield Complaint(
            group=Group.RESTART,
            field="restart",
            sentence=f"{unit} is not started again after a crash: {changed(was, now, 'Restart')}",
        )


def _priorities(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    for name in ("Nice", "OOMScoreAdjust"):
        if name not in was.set_by_drop_in and (change := changed(was, now, name)):
            sentence = f"{unit} has another priority than before: {change}"
            yield Complaint(group=Group.PRIVILEGE, field=field_name(name), sentence=sentence)


def _drop_ins(unit: str, was: UnitProperties, now: UnitProperties) -> Iterator[Complaint]:
    for name in was.set_by_drop_in:
        known = _SHOWN_AS.get(name, name)
        if known in _OF_DROP_INS and (change := changed(was, now, known)):
            files = ", ".join(was.drop_ins)
            sentence = f"{unit}: a setting of {files} is not in effect as before: {change}"
            yield Complaint(group=Group.DROP_IN, field=field_name(known), sentence=sentence)
