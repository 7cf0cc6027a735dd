"""VMs: boot, resume, commands, and a whole cell, compared with what a user would take instead."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import testinfra

from bench.cells import checked, pytest
from bench.result import Result
from upgradeproof.home import Home
from upgradeproof.machines import Machine, MachineSpec
from upgradeproof.machines.qemu import BACKEND, acceleration
from upgradeproof.machines.qemu.machine import QemuMachine
from upgradeproof.plan import Cell, Platform
from upgradeproof.plan.steps import Reboot, Script, Upload, UploadTree
from upgradeproof.ports import free_port
from upgradeproof.tree_archive import unpacking

CELL = "debian-12-amd64.vm.debian-server-12-to-12-linux-6.12"
BOOTS = 3
COMMANDS = 100
RESUME_FASTER, SSH_FASTER, TESTINFRA_FASTER = 20.0, 3.0, 20.0
OVERHEAD, CACHED_S = 1.15, 3.0
_KEY_OPTIONS = (
    *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "LogLevel=ERROR", "-o", "BatchMode=yes"),
)

# debvm takes KVM where it may write to the device, also where KVM then hangs its guests.
_WITHOUT_KVM = (
    *("unshare", "--mount", "sh", "-c"),
    'mount --bind /etc/hostname /dev/kvm && mount -o remount,bind,ro /dev/kvm && exec "$@"',
    "sh",
)


def measure(home: Home) -> list[Result]:
    """Measure boot, resume and commands on Debian 12, amd64."""
    platform = Platform(image="debian-12", architecture="amd64", machine="vm")
    image = home.imaging().ensure(platform)
    with tempfile.TemporaryDirectory(prefix="upgradeproof-bench-") as scratch:
        folder = Path(scratch)
        key = folder / "key"
        checked(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
        disk = folder / "debvm.ext4"
        checked(["debvm-create", "-r", "bookworm", "-k", f"{key}.pub", "-o", str(disk)])
        results = _starts(image, disk, key)
        with _started(image, "commands") as machine:
            results += _commands(machine, key)
    return results


def _started(
    image: str, name: str, ports: tuple[int, ...] = (22,)
) -> AbstractContextManager[QemuMachine]:
    spec = MachineSpec(
        snapshot=image, name=f"upgradeproof-bench-{name}", architecture="amd64", ports=ports
    )
    return BACKEND.start(spec)


def _starts(image: str, disk: Path, key: Path) -> list[Result]:
    """Take turns: our boot, debvm's, and the resume of a cached machine."""
    with _started(image, "cached") as machine:
        memory_mb = _resident_mb(machine)
        snapshot = BACKEND.snapshot(machine, "bench", {})
    samples: dict[str, list[float]] = {"boot": [], "debvm": [], "resume": []}
    for _ in range(BOOTS):
        samples["boot"].append(_until_answer(image))
        samples["debvm"].append(_until_ssh(disk, key))
        samples["resume"].append(_until_answer(snapshot))
    boot, resume = ("boot: firmware, GRUB, settled", samples["boot"]), ("resume", samples["resume"])
    debvm = ("debvm: direct kernel boot, SSH", samples["debvm"])
    return [
        Result.faster(f"VM boot to first command ({memory_mb} MB resident)", boot, debvm),
        Result.faster("resumed clone's first command", resume, boot, minimum=RESUME_FASTER),
    ]


def _until_answer(snapshot: str) -> float:
    started = time.perf_counter()
    with _started(snapshot, "start") as machine:
        done = machine.run("true")
        seconds = time.perf_counter() - started
    if not done.ok:
        raise RuntimeError(f"the machine answers, and runs no command: {done.tail}")
    return seconds


def _until_ssh(disk: Path, key: Path) -> float:
    """Boot debvm's machine by the same accelerator and return the seconds to ssh's first answer."""
    port = free_port()
    how = acceleration.accelerator("amd64", BACKEND.folder)
    same = ("-cpu", "qemu64") if how == "tcg" else ()
    options = ("-snapshot", "-m", "1024", "-smp", "2", "-display", "none", *same)
    command = ("debvm-run", "-i", str(disk), "-s", str(port), "--", *options)
    hide = how == "tcg" and Path("/dev/kvm").exists()
    started = time.perf_counter()
    run = subprocess.Popen(
        (*(_WITHOUT_KVM if hide else ()), *command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while _ssh(port, key, "true", timeout_s=60) != 0:
            if time.perf_counter() - started > 300 or run.poll() is not None:
                raise RuntimeError("debvm's machine does not answer")
        return time.perf_counter() - started
    finally:
        subprocess.run(["pkill", "-KILL", "-s", str(run.pid)], check=False)
        run.wait()


def _commands(machine: Machine, key: Path) -> list[Result]:
    """Take turns on one machine: our channel, ssh with ControlMaster, testinfra's ssh backend."""
    public = Path(f"{key}.pub").read_bytes()
    done = machine.run("apt-get update && apt-get install -y openssh-server", timeout_s=600)
    if not done.ok:
        raise RuntimeError(f"openssh-server can't be installed: {done.tail}")
    machine.put(public, "/root/.ssh/authorized_keys", mode=0o600)
    port = machine.published(22)
    options = " ".join((*_KEY_OPTIONS, "-o", "ControlPath=none", "-i", str(key)))
    remote = testinfra.get_host(
        f"ssh://root@127.0.0.1:{port}", ssh_extra_args=options, controlpersist=0
    )
    with _master(port, key) as control:
        ways: dict[str, tuple[Callable[[], int], int]] = {
            "ours": (lambda: machine.run("true").exit_status, COMMANDS),
            "ssh": (lambda: _ssh(port, key, "true", control=control), COMMANDS // 4),
            "testinfra": (lambda: remote.run("true").rc, COMMANDS // 10),
        }
        samples: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(3):
            for name, (act, count) in ways.items():
                started = time.perf_counter()
                failed = sum(act() != 0 for _ in range(count))
                samples[name].append((time.perf_counter() - started) / count)
                if failed:
                    raise RuntimeError(f"{failed} of {count} commands by {name} failed")
    ours = ("our channel", samples["ours"])
    ssh = ("ssh with ControlMaster", samples["ssh"])
    theirs = ("testinfra ssh", samples["testinfra"])
    return [
        Result.faster("VM command", ours, ssh, minimum=SSH_FASTER),
        Result.faster("VM command", ours, theirs, minimum=TESTINFRA_FASTER),
    ]


def measure_cell(home: Home) -> Iterator[Result]:
    """Measure a whole cell, the same steps by a bare script, and one check on cached states."""
    cell = next(cell for cell in home.cells if cell.id == CELL)
    image = home.imaging().ensure(cell.platform)
    # A bare script stops at the upgrade and boots no previous kernel: so do the checks.
    verified = pytest(
        "--upgradeproof-fresh",
        f"--upgradeproof-cell={CELL}",
        "-m",
        "not destructive",
        "-k",
        "not rollback",
    )
    yield Result.overhead(
        "fresh verified VM cell",
        ("verified", [verified]),
        ("bare script in the same VM", [_bare(cell, image)]),
        maximum=OVERHEAD,
    )
    check = ("-k", "test_services and test_service_is_active and nginx and not before")
    cached = [pytest(f"--upgradeproof-cell={CELL}", *check) for _ in range(3)]
    yield Result.seconds("one check on a VM's cached states", cached, below=CACHED_S)


def _bare(cell: Cell, image: str) -> float:
    """Carry out the cell's steps up to ``upgraded`` with nothing read and nothing proven."""
    started = time.perf_counter()
    with _started(image, "bare", tuple(cell.ports)) as machine:
        for state in ("installed", "upgraded"):
            for action in cell.actions(state):
                match action:
                    case Script():
                        done = machine.run(action.script, timeout_s=action.timeout_s)
                        if not done.ok:
                            raise RuntimeError(f"{action.title}: {done.tail}")
                    case Upload():
                        machine.put(action.source.read_bytes(), action.path, mode=action.mode)
                    case UploadTree():
                        script, archive = unpacking(action)
                        done = machine.run(script.script, timeout_s=script.timeout_s, stdin=archive)
                        if not done.ok:
                            raise RuntimeError(f"{action.title}: {done.tail}")
                    case Reboot():
                        machine.reboot(timeout_s=action.timeout_s)
                    case _:
                        raise RuntimeError(f"no bare script for {type(action).__name__}")
        return time.perf_counter() - started


def _resident_mb(machine: QemuMachine) -> int:
    """Return what a VM takes of this host's memory, after its boot."""
    pid = machine.process.pid
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) // 1024


@contextmanager
def _master(port: int, key: Path) -> Iterator[str]:
    control = f"{key}.control"
    words = ("ssh", *_KEY_OPTIONS, "-i", str(key), "-p", str(port))
    checked([*words, "-M", "-f", "-N", "-S", control, "root@127.0.0.1"])
    try:
        yield control
    finally:
        subprocess.run([*words, "-S", control, "-O", "exit", "root@127.0.0.1"], check=False)


def _ssh(port: int, key: Path, command: str, *, control: str = "", timeout_s: float = 60.0) -> int:
    shared = ("-S", control) if control else ()
    words = ("ssh", *_KEY_OPTIONS, *shared, "-i", str(key), "-p", str(port), "root@127.0.0.1")
    try:
        return subprocess.run(
            [*words, command], capture_output=True, timeout=timeout_s, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return 255
