"""What an engine of engines.toml can prove, as it and its host report it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from upgradeproof import command
from upgradeproof.machines.docker_states import parsed_free_bytes
from upgradeproof.machines.engine import DockerEngine, EngineError
from upgradeproof.machines.engines import Engine
from upgradeproof.plan.images import KERNEL_NAMES, Architecture

TIMEOUT_S = 20.0
Execution = Literal["native", "emulated", "impossible"]

_ASKING = """df -Pk {root} 2>/dev/null | tail -n 1
[ -c /dev/kvm ] && [ -r /dev/kvm ] && [ -w /dev/kvm ] && echo kvm
for handler in /proc/sys/fs/binfmt_misc/qemu-*; do
  [ "$(head -n 1 "$handler" 2>/dev/null)" = enabled ] &&
    grep -q '^flags:.*F' "$handler" && echo "emulated ${{handler##*qemu-}}"
done
:"""


@dataclass(frozen=True, kw_only=True)
class EngineProof:
    """What an engine can prove; empty where its host did not report it."""

    version: str
    kernel: str
    storage: str
    """The storage driver, and the file system below it."""
    architectures: Mapping[Architecture, Execution] = field(default_factory=dict)
    """How it runs each architecture that engines.toml names."""
    free_bytes: int
    kvm: bool
    """Whether /dev/kvm can be opened there; whether a guest runs is not tested."""
    latency_ms: float | None

    def problems(self, engine: Engine) -> list[str]:
        """Return what engines.toml states of the engine and is not so, each with what to do."""
        found = [
            f"engines.toml states that {engine.name} runs {name}, and its host neither has this"
            f" architecture nor emulates it: register qemu-user-static there, or remove {name}"
            for name, how in self.architectures.items()
            if how == "impossible"
        ]
        if engine.kvm and not self.kvm:
            found.append(
                f"engines.toml states kvm = true for {engine.name}, and /dev/kvm can't be opened"
                " there: load its module and admit the user, or remove the key"
            )
        return found


def ask(engine: Engine, connection: DockerEngine) -> EngineProof:
    """Ask an engine and its host. Raises BackendError, MachineError when it does not answer."""
    client = connection.client()
    try:
        info, version = client.info(), client.version()
    except EngineError as error:
        raise connection.failed("the engine does not describe itself", error) from None
    script = _ASKING.format(root=shlex.quote(str(info["DockerRootDir"])))
    if connection.tunnel is not None:
        printed = connection.tunnel.run(script).text
    else:
        printed = command.run(["sh", "-c", script], timeout_s=TIMEOUT_S, check=False).text
    return proof(engine, info, str(version["Version"]), printed, connection.latency_ms)


def proof(
    engine: Engine,
    info: Mapping[str, object],
    version: str,
    printed: str,
    latency_ms: float | None,
) -> EngineProof:
    """Return what an engine can prove, from its own description and what its host printed."""
    first, *lines = printed.splitlines() or [""]
    below = dict(_pairs(info.get("DriverStatus"))).get("Backing Filesystem", "")
    return EngineProof(
        version=version,
        kernel=str(info.get("KernelVersion", "")),
        storage=" on ".join(filter(None, (str(info.get("Driver", "")), below))),
        architectures={
            name: _execution(name, str(info.get("Architecture")), lines)
            for name in engine.architectures
        },
        free_bytes=parsed_free_bytes(first),
        kvm="kvm" in lines,
        latency_ms=latency_ms,
    )


def _execution(name: Architecture, own: str, lines: list[str]) -> Execution:
    """Return how a host runs an architecture; Podman names its own as images do."""
    if own in (name, KERNEL_NAMES[name]):
        return "native"
    return "emulated" if f"emulated {KERNEL_NAMES[name]}" in lines else "impossible"


def _pairs(status: object) -> list[tuple[str, str]]:
    """Return the pairs of a driver's status; the engine writes each as a list of two texts."""
    pairs = status if isinstance(status, list) else []
    return [(str(each[0]), str(each[1])) for each in pairs if len(each) > 1]
