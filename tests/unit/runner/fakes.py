"""Fakes of the real protocols: a machine is a folder, in which the shell of this host runs.

Files record what was started, ended and stored, so that other processes and runs can read it.
"""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from testinfra.host import Host

from upgradeproof import command
from upgradeproof.command import Completed
from upgradeproof.errors import BootError, ChannelError, ImageError, MachineError
from upgradeproof.machines import CachedSnapshot, Health, Machine, MachineSpec
from upgradeproof.machines.testinfra import host
from upgradeproof.plan import Platform
from upgradeproof.probes import every_probe
from upgradeproof.results import Fidelity, ImageFile

IMAGE = "base-image"
KERNEL = "release\t6.1\nversion\t#1\narchitecture\tx86_64\n"


class FolderMachine:
    """A machine whose disk is a folder.

    ``packages/NAME`` contains an installed version, ``stale`` the output of the stale processes,
    ``answers/SECTION`` the output of another probe's script, and
    ``not-ready`` why the product is not ready. If ``dead`` exists, the machine has ended.
    ``panic`` contains the error of its next boot, and ``down`` exists from then on. A start from
    a snapshot runs ``at-boot``.
    """

    def __init__(
        self,
        spec: MachineSpec,
        disk: Path,
        fidelity: Fidelity,
        forwards: Mapping[int, int] | None = None,
    ) -> None:
        self.name = spec.name
        self._forwards = forwards or {}
        self.spec = spec
        self.disk = disk
        self.fidelity = fidelity
        self.waited: list[str] = []
        """The scripts that waited for the product."""

    @property
    def host(self) -> Host:
        return host(self)

    def run(
        self,
        script: str,
        *,
        timeout_s: float = 60.0,
        stdin: bytes = b"",
        on_output: Callable[[bytes], None] | None = None,
    ) -> Completed:
        if (self.disk / "dead").exists():
            raise ChannelError(f"the shell on {self.name} died")
        if (self.disk / "down").exists():
            raise BootError(f"{self.name} went down before a command")
        if "/run/upgradeproof." in script:
            done = _answer(self._facts())
        elif script.startswith("ready() {"):
            self.waited.append(script)
            missing = self._read("not-ready")
            done = _answer(missing, exit_status=1 if missing else 0)
        elif script.startswith("journalctl"):
            done = _answer("a line of the machine's journal\n")
        else:
            done = command.run(
                ["sh", "-c", f"cd {shlex.quote(str(self.disk))}\n{script}"],
                timeout_s=timeout_s,
                stdin=stdin,
                check=False,
            )
        if on_output:
            on_output(done.stdout + done.stderr)
        return done

    def _read(self, name: str) -> str:
        path = self.disk / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _facts(self) -> str:
        packages = [
            f"package\t{path.name}\tall\t{path.read_text().strip()}\tinstall ok installed\n"
            for path in sorted((self.disk / "packages").glob("*"))
        ]
        outputs = {probe.section: self._read(f"answers/{probe.section}") for probe in every_probe()}
        outputs |= {
            "packages": "native\tamd64\npackage\tbase\tall\t1\tinstall ok installed\n"
            + "".join(packages),
            "kernel": KERNEL,
            "stale": self._read("stale"),
        }
        return "".join(f"{name} 0 {len(text)} 0\n{text}" for name, text in outputs.items())

    def put(self, content: bytes, path: str, *, mode: int = 0o644, owner: str = "root") -> None:
        target = self.disk / path.removeprefix("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def get(self, path: str) -> bytes:
        return (self.disk / path.removeprefix("/")).read_bytes()

    def reboot(self, *, timeout_s: float) -> None:
        if panic := self._read("panic").strip():
            (self.disk / "down").touch()
            raise BootError(f"{self.name} does not boot: {panic}")
        (self.disk / "booted").write_text(f"{timeout_s:g}", encoding="utf-8")

    def power_cut(self, *, timeout_s: float) -> None:
        self.reboot(timeout_s=timeout_s)

    def published(self, port: int) -> int:
        if port not in self._forwards:
            raise MachineError(f"port {port} of {self.name} is not published")
        return self._forwards[port]

    def logs(self) -> str:
        return "a line of the console\n"

    def alive(self) -> bool:
        return not (self.disk / "dead").exists()


def _answer(text: str, exit_status: int = 0) -> Completed:
    return Completed(
        command="", exit_status=exit_status, stdout=text.encode(), stderr=b"", duration_s=0.01
    )


class FolderBackend:
    """Start machines in a folder, with their disks and a log of all actions."""

    kind = "container"
    definition = "folders"

    def __init__(
        self,
        folder: Path,
        *,
        kernel: str = "shared",
        execution: str = "native",
        full: bool = False,
        slow_s: float = 0.0,
    ) -> None:
        self.folder = folder
        self.fidelity = Fidelity.model_validate({"kernel": kernel, "execution": execution})
        self.forwards: dict[int, int] = {}
        """Ports of this host that are forwarded to the machines, by the machines' ports."""
        self.full, self.slow_s = full, slow_s
        """Whether there is no free space for snapshots, and the delay before a snapshot begins."""
        self.disk_free_bytes = 10**12
        """The free space of its disk."""
        self.machines: list[FolderMachine] = []
        (folder / "snapshots").mkdir(parents=True, exist_ok=True)

    @property
    def own_kernel(self) -> bool:
        return self.fidelity.own_kernel

    @property
    def saves_memory(self) -> bool:
        return self.own_kernel

    def resumes(self, snapshot: str) -> bool:
        return self.own_kernel and not (self.folder / "snapshots" / snapshot / "no-memory").exists()

    def slot(self) -> AbstractContextManager[None]:
        return nullcontext()

    @property
    def log(self) -> list[str]:
        """Return the actions, one line each: ``start``, ``end``, ``keep``."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def _note(self, line: str) -> None:
        with (self.folder / "log").open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")

    def health(self) -> Health:
        return Health(works=True, brief="folders work everywhere")

    @contextmanager
    def start(self, spec: MachineSpec) -> Iterator[Machine]:
        disk = self.folder / "running" / f"{spec.name}-{time.monotonic_ns()}"
        bare = spec.snapshot.startswith(IMAGE)
        if bare:
            disk.mkdir(parents=True)
        else:
            shutil.copytree(self.folder / "snapshots" / spec.snapshot, disk)
            command.run(["sh", "-c", f"cd {disk}; . ./at-boot"], timeout_s=5, check=False)
        purpose = spec.name.rsplit("-", 2)[1]
        origin = "image" if bare else "snapshot"
        self._note(f"start {purpose} from {origin}")
        self.machines.append(FolderMachine(spec, disk, self.fidelity, self.forwards))
        try:
            yield self.machines[-1]
        finally:
            shutil.rmtree(disk)
            self._note(f"end {purpose}")

    def snapshot(self, machine: Machine, key: str, labels: Mapping[str, str]) -> str:
        if self.full:
            raise MachineError("no space left for a snapshot")
        assert isinstance(machine, FolderMachine)
        time.sleep(self.slow_s)
        saved = self.folder / "snapshots" / key
        shutil.rmtree(saved, ignore_errors=True)
        shutil.copytree(machine.disk, saved)
        self._note(f"keep {labels['upgradeproof.state']}")
        return key

    def find_snapshot(self, key: str) -> str | None:
        return key if (self.folder / "snapshots" / key).exists() else None

    def snapshots(self) -> Sequence[CachedSnapshot]:
        return [
            CachedSnapshot(
                name=path.name,
                key=path.name,
                size_bytes=sum(file.stat().st_size for file in path.rglob("*") if file.is_file()),
                made_at=path.stat().st_mtime,
            )
            for path in sorted((self.folder / "snapshots").iterdir())
        ]

    def forget(self, snapshot: CachedSnapshot) -> bool:
        shutil.rmtree(self.folder / "snapshots" / snapshot.name)
        self._note(f"forget {snapshot.key}")
        return True

    def free_bytes(self) -> int:
        return self.disk_free_bytes

    def prune(self, *, states: bool) -> Sequence[str]:
        return ()


class OneImage:
    """Return an image for every platform, or raise an error."""

    def __init__(self, error: ImageError | None = None) -> None:
        self.error = error
        self.asked = 0

    def ensure(self, platform: Platform) -> str:
        self.asked += 1
        if self.error:
            raise self.error
        return f"{IMAGE}-of-{platform.id}"

    def content(self, platform: Platform) -> ImageFile | None:
        return ImageFile(reference=f"{IMAGE}-of-{platform.id}", sha256="1" * 64)
