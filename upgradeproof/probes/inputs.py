"""What a plan asks the probes to read: the arguments of every probe's script and parser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from upgradeproof.daemons import Daemon, daemons

MAX_CONFIGS_WAIT_S = 30
"""How long after the restart of the services a configuration file may be read; the wait ends as
soon as all were."""


@dataclass(frozen=True, kw_only=True)
class ConfigInput:
    """A configuration file that the plan names: its format, and its daemon's own check."""

    path: str
    format: str = "text"
    check: str = ""


@dataclass(frozen=True, kw_only=True)
class CommandInput:
    """A script of the plan's author: what runs it, what its output must hold, what is masked."""

    id: str
    script: str
    user: str = ""
    """Empty: root."""
    contains: str = ""
    mask: tuple[str, ...] = ()
    """Regular expressions."""
    timeout_s: float = 30.0


@dataclass(frozen=True, kw_only=True)
class TlsInput:
    """An endpoint of the plan that speaks TLS: where it is, and after which protocol's STARTTLS."""

    id: str
    port: int
    host: str
    starttls: str = ""
    """``smtp`` or ``imap``; empty: TLS from the first byte."""


@dataclass(frozen=True, kw_only=True)
class ProbeInputs:
    """What the plan makes the probes read, in addition to what they always read."""

    configs: tuple[ConfigInput, ...] = ()
    certificates: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    """Commands that print a component's version."""
    daemons: Mapping[str, Daemon] = field(default_factory=daemons)
    """The daemons that are known, by id: the engine's, and those of the product's own folder."""
    runs: tuple[CommandInput, ...] = ()
    """Commands whose results the plan compares."""
    reads: tuple[CommandInput, ...] = ()
    """Scripts that read the plan's data."""
    rewrites: tuple[CommandInput, ...] = ()
    """Scripts that write another value of the plan's data (``id/write``), and read it (``id``)."""
    https: tuple[CommandInput, ...] = ()
    """Scripts that ask the plan's https endpoints by a client each: ``endpoint/client``."""
    web: tuple[CommandInput, ...] = ()
    """Scripts that ask the plan's endpoints of the kinds http and https once, by the endpoint."""
    tls: tuple[TlsInput, ...] = ()
    """Endpoints whose TLS versions, cipher suites and certificate are read."""
    run_scripts: bool = False
    """Whether the administrator's scripts are run on clones."""
    folders: tuple[str, ...] = ()
    """Folders whose free space counts."""
    measured_folder: str = ""
    """Of these, the one whose storage is measured; empty: none."""
    since: float = 0.0
    """When the state began, in seconds of the machine's own clock since the epoch."""
    services: tuple[str, ...] = ()
    """The units of the plan's services, with their suffix, such as ``nginx.service``."""
    packages: tuple[str, ...] = field(default=(), repr=False)
    """The packages under test. They decide nothing that happens to a machine, so that they are no
    part of the key of a state."""
    configs_wait_s: int = field(default=MAX_CONFIGS_WAIT_S, repr=False)
    """How long no process may read another of the files before the rest counts as not read, in
    whole seconds. It decides how long is waited, and is no part of a state's key."""
    min_uptime_s: float = 0.0
    """How long a service must have been up before it counts as up."""
