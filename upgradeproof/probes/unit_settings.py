"""The settings of a unit that decide what it may do, as ``systemctl show`` prints them."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence

from upgradeproof.probes.owners import merged
from upgradeproof.probes.secrets import masked, masked_command
from upgradeproof.probes.xattr import CAPABILITIES

COMMANDS = ("ExecStart", "ExecStartPre", "ExecStartPost")
SANDBOX = (
    *("ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices", "PrivateNetwork"),
    *("PrivateUsers", "NoNewPrivileges", "ProtectKernelTunables", "ProtectKernelModules"),
    *("ProtectKernelLogs", "ProtectControlGroups", "ProtectClock", "ProtectHostname"),
    *("ProtectProc", "MemoryDenyWriteExecute", "RestrictNamespaces", "RestrictRealtime"),
    *("RestrictSUIDSGID", "RestrictAddressFamilies", "LockPersonality", "DevicePolicy"),
    *("InaccessiblePaths", "ReadOnlyPaths", "DynamicUser", "IPAddressDeny"),
)
"""Each takes something away from the service where it is set."""
LIMITS = (
    *("LimitNOFILE", "LimitNPROC", "LimitCORE", "LimitMEMLOCK", "LimitAS", "LimitFSIZE"),
    *("MemoryMax", "MemoryHigh", "TasksMax", "CPUQuotaPerSecUSec"),
)
OTHERS = (
    *("User", "Group", "SupplementaryGroups", "Type", "Environment", "EnvironmentFiles", "UMask"),
    *("Nice", "OOMScoreAdjust", "Restart", "RestartUSec", "WorkingDirectory", "RootDirectory"),
    *("CapabilityBoundingSet", "AmbientCapabilities", "ReadWritePaths", "DeviceAllow"),
    *("StateDirectory", "RuntimeDirectory", "RuntimeDirectoryMode", "LogsDirectory"),
    *("Listen", "Accept", "SocketMode", "SocketUser", "SocketGroup"),
    *("StateDirectoryMode", "RuntimeMaxUSec", "WatchdogUSec", "TimeoutStartUSec"),
    *("TimeoutStopUSec", "KillMode", "KillSignal", "OnFailure", "After", "Requires"),
)
DEPENDENCIES = {"After": ("After",), "Requires": ("Requires", "Requisite", "BindsTo", "Wants")}
"""Which properties of systemd's are read for one of ours."""
TIMEOUTS = ("TimeoutStartUSec", "TimeoutStopUSec")
PROPERTIES = (*COMMANDS, *SANDBOX, *LIMITS, *OTHERS)
_DEFAULTS = {
    "": frozenset({"", "no", "none", "infinity", "[not set]", "[unprintable]", "(null)"}),
    "UMask": frozenset({"0022"}),
    "Nice": frozenset({"0"}),
    "OOMScoreAdjust": frozenset({"0"}),
    "RestartUSec": frozenset({"100ms"}),
    "ProtectProc": frozenset({"default"}),
    "DevicePolicy": frozenset({"auto"}),
    "RuntimeDirectoryMode": frozenset({"0755"}),
    "StateDirectoryMode": frozenset({"0755"}),
    "WatchdogUSec": frozenset({"0"}),
    "KillMode": frozenset({"control-group"}),
    "KillSignal": frozenset({str(signal.SIGTERM.value)}),
    "SocketMode": frozenset({"0666"}),
    "RestrictAddressFamilies": frozenset({"~"}),
}
_ARGV = re.compile(r"path=(.*?) ; argv\[\]=(.*?) ; ignore_errors=")
_LISTEN = re.compile(r"(.+) \((\w+)\)")
_VARIABLE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|(\S+)")
_LISTS = frozenset(
    [
        "SupplementaryGroups",
        "RestrictAddressFamilies",
        "AmbientCapabilities",
        "ReadWritePaths",
        "ReadOnlyPaths",
        "InaccessiblePaths",
        "RestrictNamespaces",
        "StateDirectory",
        "RuntimeDirectory",
        "LogsDirectory",
        "IPAddressDeny",
        "OnFailure",
        *DEPENDENCIES,
    ]
)


def field_name(name: str) -> str:
    """Return the name of a record's field: ``protect_home`` of ``ProtectHome``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def setting(
    name: str, values: Sequence[str], defaults: Mapping[str, str], soft: str, capabilities: int
) -> tuple[str, ...]:
    """Return a property's values without what a new systemd merely prints in another way.

    Empty for the default: systemd's own, or that of this manager (``defaults``, such as
    ``DefaultLimitNOFILE``), whose numbers depend on the host. ``soft`` is a limit's soft value;
    ``capabilities`` is how many the kernel knows, so that a full set is no setting.
    """
    if not values:
        return ()
    if name not in TIMEOUTS:  # infinity is a value of its own there
        usual = _DEFAULTS[""] | _DEFAULTS.get(name, set())
        values = [value for value in values if value not in usual]
    if name in COMMANDS:
        return tuple(_command(value) for value in values)
    if name.startswith("Limit"):
        return _limit(name, values, soft, defaults)
    if name == "CapabilityBoundingSet":
        return _bounded(" ".join(values).split(), capabilities)
    if values == [defaults.get(f"Default{name}")]:
        return ()
    return _plain(name, values)


def _plain(name: str, values: Sequence[str]) -> tuple[str, ...]:
    match name:
        case "KillSignal":
            return tuple(_signal(value) for value in values)
        case "Environment":
            return tuple(sorted(text for value in values for text in _environment(value)))
        case "EnvironmentFiles":
            return tuple(_optional(value) for value in values)
        case "Listen":
            return tuple(sorted(_listen(value) for value in values))
        case _ if name in _LISTS:
            words = {word for value in values for word in value.split()}
            return tuple(sorted(w for w in words if name not in DEPENDENCIES or _may_be_lost(w)))
    return tuple(values)


def _may_be_lost(unit: str) -> bool:
    """Return whether a dependency is one on a daemon, or on the network."""
    return unit.endswith((".service", ".socket")) or unit.startswith("network")


def _signal(value: str) -> str:
    number = int(value) if value.isdecimal() else 0
    return signal.Signals(number).name if number in {*signal.Signals} else value


def _limit(
    name: str, values: Sequence[str], soft: str, defaults: Mapping[str, str]
) -> tuple[str, ...]:
    """Return hard and soft limit as ``1024:524288`` in the order of systemd.exec(5), soft first."""
    hard = values[0] if values else "infinity"
    own = (soft or hard, hard)
    usual = (defaults.get(f"Default{name}Soft", ""), defaults.get(f"Default{name}", ""))
    if own == usual or own == ("infinity", "infinity") == (usual[0] or "infinity", own[1]):
        return ()
    return (hard if own[0] == hard else f"{own[0]}:{hard}",)


def _command(value: str) -> str:
    match = _ARGV.search(value)
    return merged(masked_command(match[2])) if match else value


def _environment(value: str) -> list[str]:
    words = [quoted or plain for quoted, plain in _VARIABLE.findall(value)]
    content = dict(word.partition("=")[::2] for word in words)
    return [f"{name}={text}" for name, text in masked(content).items()]


def _optional(value: str) -> str:
    """Return the path, with ``-`` in front where systemd goes on without the file."""
    path, _, flags = value.partition(" (")
    return f"-{path}" if "yes" in flags else path


def _listen(value: str) -> str:
    match = _LISTEN.fullmatch(value)
    return f"{match[2]} {match[1]}" if match else value


def _bounded(names: Sequence[str], known: int) -> tuple[str, ...]:
    """Return the capabilities of a small set, or those that a large one lacks, as ``~``; () if all.

    Names that a new kernel adds to nearly full sets so make no difference.
    """
    have = set(names)
    if not names or len(have) >= known:
        return ()
    if len(have) * 2 <= known:
        return tuple(sorted(have))
    # Of those that this kernel knows: the names are systemd's own, in the kernel's order.
    return tuple(f"~{name}" for name in CAPABILITIES[:known] if name not in have)
