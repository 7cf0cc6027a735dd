"""The backend of containers on a Docker engine, with systemd as process 1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, ClassVar

import docker
import docker.errors

from upgradeproof.errors import BackendError, MachineError
from upgradeproof.machines import (
    CachedSnapshot,
    Health,
    MachineSpec,
    attributes,
    docker_states,
    owner,
)
from upgradeproof.machines.docker_machine import DockerMachine
from upgradeproof.machines.engine import (
    BUILD,
    LABEL,
    LOCAL,
    OWNER,
    DockerEngine,
    EngineError,
    removed,
)
from upgradeproof.plan.images import KERNEL_NAMES
from upgradeproof.results import Fidelity

SETTLE_TIMEOUT_S = 90.0
"""Limit for systemd to settle: 0.7 s was measured natively, 2.7 s under qemu-user."""
SAVE_TIMEOUT_S = 300.0
"""Limit for reading the attributes of all files: 0.4 s were measured for 30,000 files."""
STATE_REPOSITORY = "upgradeproof/state"

CAPABILITIES = {
    "SYS_ADMIN": "systemd gives services mount and user namespaces; without it hardened ones end "
    "with 226/NAMESPACE or 217/USER",
    "SYS_PTRACE": "lets root read which binaries and sockets other users' processes hold",
    "NET_ADMIN": "packet filters, network settings and interfaces of the machine's own network "
    "namespace can't be set without it",
    "NET_RAW": "ping, DHCP and VRRP daemons open raw sockets; a file that has this capability "
    "can't even be started where it is missing",
}
"""What is added to the engine's default set, and why. Never ``--privileged``."""
DROPPED = ("MKNOD",)

# The engine mounts the container's own cgroup read-only; systemd must write it. The private cgroup
# namespace keeps the host's other cgroups out of reach, on cgroup v1 (named hierarchy) and v2.
# What systemd does only at a machine's first boot would distinguish a machine that goes through its
# states from one that was started from a cached one: ldconfig.service is active in one alone.
# The network's settings belong to the container's own network namespace, so they are writable and
# systemd-sysctl sets them at a boot. All other settings are the host's and stay read-only, also the
# one below net/ that the kernel has once for all namespaces (found by changing every value in a
# container and comparing the host's). The engine turns IPv6 off; a loopback needs ::1.
INIT = (
    "n=/proc/sys/net; mount --bind $n $n && mount -o remount,bind,rw $n;"
    " for f in $n/netfilter/nf_hooks_lwtunnel; do"
    " [ ! -e $f ] || { mount --bind $f $f && mount -o remount,bind,ro $f; }; done;"
    " [ ! -w $n/ipv6/conf/lo/disable_ipv6 ] || echo 0 >$n/ipv6/conf/lo/disable_ipv6;"
    f" {attributes.RESTORE}"
    " mount -o remount,rw /sys/fs/cgroup/systemd 2>/dev/null || mount -o remount,rw /sys/fs/cgroup;"
    " exec /sbin/init systemd.condition-needs-update=no"
)
# Under qemu-user nothing can be forked into a mount namespace, so that systemd's credentials end in
# EINVAL, and journald and tmpfiles with them. It also hides the ids of mounts: systemd 257 then
# takes a new root for the old one, and a service with its own view of the files does not start. So
# all services see all files here, and emulation does not prove what a service has no access to.
_NOT_EMULATED = (
    *("ImportCredential=", "LoadCredential=", "SetCredential="),
    *("PrivateTmp=no", "PrivateDevices=no", "PrivateMounts=no", "PrivateIPC=no", "MountFlags="),
    *("ProtectSystem=no", "ProtectHome=no", "ProtectControlGroups=no", "ProtectProc=default"),
    *("ProtectKernelLogs=no", "ProtectKernelModules=no", "ProtectKernelTunables=no"),
    *("ReadWritePaths=", "ReadOnlyPaths=", "InaccessiblePaths=", "ExecPaths=", "NoExecPaths="),
    *("BindPaths=", "BindReadOnlyPaths=", "TemporaryFileSystem=", "ProcSubset=all"),
)
_EMULATED = (
    "d=/run/systemd/system/service.d; mkdir -p $d;"
    f" printf '%s\\n' '[Service]' {' '.join(_NOT_EMULATED)} >$d/emulated.conf; "
)


def creation(spec: MachineSpec, *, apparmor: bool, emulated: bool) -> dict[str, Any]:
    """Return all arguments with which the engine creates a machine: pure."""
    return {
        "image": spec.snapshot,
        "name": spec.name,
        "hostname": "machine",
        "command": ["/bin/sh", "-c", f"{_EMULATED}{INIT}" if emulated else INIT],
        "tty": True,
        "stop_signal": "SIGRTMIN+3",
        "environment": {"container": "docker"},
        "tmpfs": {"/run": "", "/run/lock": ""},
        "cgroupns": "private",
        "cap_add": list(CAPABILITIES),
        "cap_drop": list(DROPPED),
        "security_opt": ["apparmor=unconfined"] if apparmor else [],
        "ports": {f"{port}/tcp": ("127.0.0.1", None) for port in spec.ports},
        "labels": {LABEL: "machine", OWNER: owner.mine(), **spec.labels},
    }


def definition() -> str:
    """Return a hash of the arguments that are the same for all machines, native and emulated."""
    spec = MachineSpec(snapshot="", name="", architecture="")
    arguments = [creation(spec, apparmor=False, emulated=emulated) for emulated in (False, True)]
    common = [{**each, "labels": {}} for each in arguments]
    return hashlib.sha256(json.dumps(common, sort_keys=True).encode()).hexdigest()[:16]


class DockerBackend:
    """Start, save and remove containers on one engine."""

    kind: ClassVar[str] = "container"
    own_kernel: ClassVar[bool] = False
    saves_memory: ClassVar[bool] = False
    definition: ClassVar[str] = definition()

    def __init__(
        self,
        engine: DockerEngine = LOCAL,
        slot: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Use an engine; ``slot`` reserves one of the places for the cells that it runs at once."""
        self._engine = engine
        self._slot = slot
        self._repository = "-".join(filter(None, (STATE_REPOSITORY, engine.client_id)))

    def resumes(self, snapshot: str) -> bool:  # noqa: ARG002  # the protocol's
        """Return False: a container that is started from a snapshot boots."""
        return False

    def health(self) -> Health:
        """Return whether an engine answers."""
        try:
            version = self._engine.client().version()
        except BackendError as error:
            return Health(works=False, brief=error.brief, resolution=error.resolution)
        except EngineError as error:
            return Health(works=False, brief=f"the Docker engine does not answer: {error}")
        return Health(works=True, brief=f"Docker engine {version['Version']}, {version['Arch']}")

    def slot(self) -> AbstractContextManager[None]:
        """Reserve a place on an engine that has slots; containers share this host otherwise."""
        return self._slot()

    @contextmanager
    def start(self, spec: MachineSpec) -> Iterator[DockerMachine]:
        """Start a container, wait until its systemd has settled, and remove it at the end."""
        engine = self._engine.client()
        info = self._info()
        apparmor = any("apparmor" in option for option in info.get("SecurityOptions") or ())
        # Podman names an architecture as images do, Docker as the kernel does.
        native = (spec.architecture, KERNEL_NAMES.get(spec.architecture))
        emulated = info["Architecture"] not in native
        fidelity = Fidelity(
            kernel="shared",
            execution="qemu-user" if emulated else "native",
            engine=self._engine.name,
            tunnel_ms=self._engine.latency_ms,
        )
        arguments = creation(spec, apparmor=apparmor, emulated=emulated)
        arguments["labels"] |= self._engine.labels
        try:
            _free(engine, spec.name)
            container = engine.containers.create(**arguments)
        except docker.errors.ImageNotFound:
            raise MachineError(
                f"{spec.name}: the snapshot {spec.snapshot} does not exist{self._engine.on}"
            ) from None
        except EngineError as error:
            raise self._engine.failed(
                f"{spec.name} could not be created{self._engine.on}", error
            ) from None
        machine = DockerMachine(container, fidelity, self._engine)
        try:
            machine.boot(timeout_s=SETTLE_TIMEOUT_S)
            yield machine
        finally:
            machine.close()
            with suppress(*EngineError, OSError):
                self._engine.require_listener()
                container.remove(force=True, v=True)

    def snapshot(self, machine: Any, key: str, labels: Mapping[str, str]) -> str:
        """Commit the container's disk; it is paused while the engine reads it."""
        written = {LABEL: "state", OWNER: "", **labels, **self._engine.labels}
        changes = [f'LABEL {name}="{value}"' for name, value in written.items()]
        machine.run(attributes.SAVE, timeout_s=SAVE_TIMEOUT_S)
        try:
            machine.container.commit(self._repository, tag=key, changes=changes)
        except EngineError as error:
            raise self._engine.failed(
                f"{machine.name} could not be cached as state {key}", error
            ) from None
        finally:
            machine.run(attributes.FORGET)
        return f"{self._repository}:{key}"

    def find_snapshot(self, key: str) -> str | None:
        """Return the committed image of a state, if the engine has it."""
        name = f"{self._repository}:{key}"
        try:
            self._engine.client().images.get(name)
        except docker.errors.ImageNotFound:
            return None
        except EngineError as error:
            raise self._engine.failed(
                f"the engine did not answer a request for {name}", error
            ) from None
        return name

    def snapshots(self) -> Sequence[CachedSnapshot]:
        """Return the committed images; the size of each is that of the layer which it adds."""
        return docker_states.snapshots(self._engine)

    def forget(self, snapshot: CachedSnapshot) -> bool:
        """Remove an image; the engine refuses where a container uses it."""
        return docker_states.forget(self._engine, snapshot)

    def free_bytes(self) -> int:
        """Return the free space in the engine's folder; no limit where that is not on this host."""
        return docker_states.free_bytes(self._engine)

    def prune(self, *, states: bool) -> Sequence[str]:
        """Remove containers whose run is over, with ``states`` also the cached states."""
        gone = self.remove_machines(lambda found: not owner.is_alive(found))
        return [*gone, *(docker_states.remove_all(self._engine) if states else ())]

    def _info(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._engine.client().info()
        except EngineError as error:
            raise self._engine.failed("the engine does not describe itself", error) from None
        return found

    def remove_machines(self, over: Callable[[str], bool]) -> list[str]:
        """Remove the machines of owners that are over, and return their names.

        What builds an image counts as one. Raises MachineError when the engine can't.
        """
        try:
            found = self._engine.client().containers.list(
                all=True, filters={"label": OWNER}, ignore_removed=True
            )
            return [
                f"container {each.name}"
                for each in found
                if each.labels.get(LABEL) in ("machine", BUILD)
                and self._engine.owns(each.labels)
                and over(each.labels[OWNER])
                and removed(each)
            ]
        except EngineError as error:
            raise self._engine.failed(
                f"what is over could not be removed{self._engine.on}", error
            ) from None


def _free(engine: docker.DockerClient, name: str) -> None:
    """Remove a machine of this name that a killed worker left: the next worker needs the name."""
    with suppress(docker.errors.NotFound):
        left = engine.containers.get(name)
        if LABEL in left.labels and not owner.is_alive(left.labels.get(OWNER, "")):
            removed(left)


BACKEND = DockerBackend()
