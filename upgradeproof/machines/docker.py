"""Containers on a Docker engine, with systemd as process 1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, ClassVar

import docker
import docker.errors
from docker.models.containers import Container

from upgradeproof.errors import BackendError, ChannelError, MachineError
from upgradeproof.machines import CachedSnapshot, Health, MachineSpec, docker_states, owner
from upgradeproof.machines.channel import Transport, end_session_script
from upgradeproof.machines.channel_machine import ChannelMachine
from upgradeproof.machines.docker_exec import ExecTransport
from upgradeproof.machines.engine import LABEL, EngineError, client, failed
from upgradeproof.machines.systemd import SETTLED
from upgradeproof.plan.images import KERNEL_NAMES
from upgradeproof.results import Fidelity

SETTLE_TIMEOUT_S = 90.0
"""Limit for systemd to settle: 0.7 s was measured natively, 2.7 s under qemu-user."""
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
        "labels": {LABEL: "machine", f"{LABEL}.owner": owner.mine(), **spec.labels},
    }


def definition() -> str:
    """Return a hash of the arguments that are the same for all machines, native and emulated."""
    spec = MachineSpec(snapshot="", name="", architecture="")
    arguments = [creation(spec, apparmor=False, emulated=emulated) for emulated in (False, True)]
    common = [{**each, "labels": {}} for each in arguments]
    return hashlib.sha256(json.dumps(common, sort_keys=True).encode()).hexdigest()[:16]


class DockerMachine(ChannelMachine):
    """A running container."""

    def __init__(self, container: Container, fidelity: Fidelity) -> None:
        super().__init__(str(container.name), fidelity)
        self._container = container

    @property
    def container(self) -> Container:
        """Return the SDK's container."""
        return self._container

    def boot(self, *, timeout_s: float) -> None:
        """Start, and wait until systemd has settled. Raises MachineError."""
        try:
            self._container.start()
            self.run(SETTLED, timeout_s=timeout_s)
        except EngineError as error:
            raise failed(f"{self.name} could not be started", error) from None
        except MachineError as error:
            raise MachineError(
                f"systemd on {self.name} did not settle in {timeout_s:g} s",
                details="\n".join([error.brief, *self.logs().splitlines()[-20:]]),
                resolution="`upgradeproof doctor` prints whether containers work here",
            ) from None

    def power_cut(self, *, timeout_s: float) -> None:
        """Kill every process at once, and start again on the same disk."""
        try:
            self._container.kill()
            self._container.wait(timeout=timeout_s)
        except EngineError as error:
            raise failed(f"{self.name} could not be stopped", error) from None
        self.boot(timeout_s=timeout_s)

    def reboot(self, *, timeout_s: float) -> None:  # noqa: ARG002  # the protocol's
        """Refuse: what a container would boot is its host's kernel."""
        raise MachineError(f"{self.name} has no kernel of its own to boot")

    def published(self, port: int) -> int:
        """Return this host's port that leads to ``port``. Raises MachineError if there is none."""
        try:
            self._container.reload()
        except EngineError as error:
            raise failed(f"{self.name} can't be inspected", error) from None
        bindings = self._container.ports.get(f"{port}/tcp")
        if not bindings:
            raise MachineError(
                f"port {port} of {self.name} is not published",
                resolution="name it in the plan as the port of an endpoint",
            )
        return int(bindings[0]["HostPort"])

    def logs(self) -> str:
        """Return the console so far; empty when the engine can't give it."""
        with suppress(*EngineError):
            return str(self._container.logs().decode("utf-8", "replace"))
        return ""

    def alive(self) -> bool:
        """Return whether the container runs; an engine that does not answer counts as no."""
        try:
            self._container.reload()
        except EngineError:
            return False
        return bool(self._container.status == "running")

    def connect(self) -> Transport:
        """Start a shell for the channel."""
        return ExecTransport(self._container)

    def end_session(self, pid: int) -> None:
        """End what a shell left behind, through another shell."""
        try:
            self._container.exec_run(["/bin/sh", "-c", end_session_script(pid)])
        except EngineError as error:
            raise ChannelError(f"{self.name} can't be reached", details=str(error)) from None

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()


class DockerBackend:
    """Start, save and remove containers."""

    kind: ClassVar[str] = "container"
    own_kernel: ClassVar[bool] = False
    saves_memory: ClassVar[bool] = False
    definition: ClassVar[str] = definition()

    def resumes(self, snapshot: str) -> bool:  # noqa: ARG002  # the protocol's
        """Return False: a container that is started from a snapshot boots."""
        return False

    def health(self) -> Health:
        """Return whether an engine answers."""
        try:
            version = client().version()
        except BackendError as error:
            return Health(works=False, brief=error.brief, resolution=error.resolution)
        except EngineError as error:
            return Health(works=False, brief=f"the Docker engine does not answer: {error}")
        return Health(works=True, brief=f"Docker engine {version['Version']}, {version['Arch']}")

    def slot(self) -> AbstractContextManager[None]:
        """Reserve nothing: containers share the host as its programs do."""
        return nullcontext()

    @contextmanager
    def start(self, spec: MachineSpec) -> Iterator[DockerMachine]:
        """Start a container, wait until its systemd has settled, and remove it at the end."""
        engine = client()
        info = engine.info()
        apparmor = any("apparmor" in option for option in info.get("SecurityOptions") or ())
        emulated = KERNEL_NAMES.get(spec.architecture) != info["Architecture"]
        fidelity = Fidelity(kernel="shared", execution="qemu-user" if emulated else "native")
        arguments = creation(spec, apparmor=apparmor, emulated=emulated)
        try:
            _free(engine, spec.name)
            container = engine.containers.create(**arguments)
        except docker.errors.ImageNotFound:
            raise MachineError(
                f"{spec.name}: the snapshot {spec.snapshot} does not exist"
            ) from None
        except EngineError as error:
            raise failed(f"{spec.name} could not be created", error) from None
        machine = DockerMachine(container, fidelity)
        try:
            machine.boot(timeout_s=SETTLE_TIMEOUT_S)
            yield machine
        finally:
            machine.close()
            with suppress(*EngineError):
                container.remove(force=True, v=True)

    def snapshot(self, machine: Any, key: str, labels: Mapping[str, str]) -> str:
        """Commit the container's disk; it is paused while the engine reads it."""
        written = {LABEL: "state", f"{LABEL}.owner": "", **labels}
        changes = [f'LABEL {name}="{value}"' for name, value in written.items()]
        try:
            machine.container.commit(STATE_REPOSITORY, tag=key, changes=changes)
        except EngineError as error:
            raise failed(f"{machine.name} could not be cached as state {key}", error) from None
        return f"{STATE_REPOSITORY}:{key}"

    def find_snapshot(self, key: str) -> str | None:
        """Return the committed image of a state, if the engine has it."""
        name = f"{STATE_REPOSITORY}:{key}"
        try:
            client().images.get(name)
        except docker.errors.ImageNotFound:
            return None
        except EngineError as error:
            raise failed(f"the engine did not answer a request for {name}", error) from None
        return name

    def snapshots(self) -> Sequence[CachedSnapshot]:
        """Return the committed images; the size of each is that of the layer which it adds."""
        return docker_states.snapshots()

    def forget(self, snapshot: CachedSnapshot) -> bool:
        """Remove an image; the engine refuses where a container uses it."""
        return docker_states.forget(snapshot)

    def free_bytes(self) -> int:
        """Return the free space in the engine's folder; no limit where that is not on this host."""
        return docker_states.free_bytes()

    def prune(self, *, states: bool) -> Sequence[str]:
        """Remove containers whose run is over, with ``states`` also the cached states."""
        engine, gone = client(), []
        for container in engine.containers.list(all=True, filters={"label": f"{LABEL}=machine"}):
            if owner.is_alive(container.labels.get(f"{LABEL}.owner", "")):
                continue
            container.remove(force=True, v=True)
            gone.append(f"container {container.name}")
        if states:
            for image in engine.images.list(filters={"label": f"{LABEL}=state"}):
                with suppress(docker.errors.APIError):  # in use by a run that goes on
                    engine.images.remove(str(image.id), force=True)
                    gone.append(f"state {', '.join(image.tags) or image.short_id}")
        return gone


def _free(engine: docker.DockerClient, name: str) -> None:
    """Remove a machine of this name that a killed worker left: the next worker needs the name."""
    with suppress(docker.errors.NotFound):
        left = engine.containers.get(name)
        if LABEL in left.labels and not owner.is_alive(left.labels.get(f"{LABEL}.owner", "")):
            left.remove(force=True, v=True)


BACKEND = DockerBackend()
