"""The connection to an engine on another host: one OpenSSH master that forwards socket and ports.

``ssh`` itself decides about hosts, jump hosts, agents and host keys, as it does in a shell. The
master reads from a pipe of this process and ends with it, also when this process is killed.
"""

from __future__ import annotations

import os
import selectors
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from upgradeproof import command
from upgradeproof.command import Completed
from upgradeproof.errors import BackendError, MachineError
from upgradeproof.machines import owner
from upgradeproof.machines.ssh import Address
from upgradeproof.machines.tunnel_errors import refusal
from upgradeproof.ports import free_port

CONNECT_TIMEOUT_S = 30.0
CONTROL_TIMEOUT_S = 20.0
"""Limit of one order to the master; it answers in milliseconds."""
END_TIMEOUT_S = 5.0
ATTEMPTS = 5
"""How often another local port is tried where a process has taken the free one in between."""
READY = b"upgradeproof-ready\n"
PREFIX = "upgradeproof-ssh-"

OPTIONS = {
    "BatchMode": "yes",
    "ConnectTimeout": "15",
    "ServerAliveInterval": "10",
    "ServerAliveCountMax": "3",
    "LogLevel": "INFO",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    # Those of the user's configuration: two masters could not both have them.
    "ClearAllForwardings": "yes",
    "ControlMaster": "yes",
    "ControlPersist": "no",
    "StreamLocalBindMask": "0177",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "RequestTTY": "no",
}


class Tunnel(AbstractContextManager["Tunnel"]):
    """An SSH connection to a host, and what it forwards to this one."""

    def __init__(self, name: str, address: Address) -> None:
        """Know the engine's name, for messages, and how its host is reached."""
        self.name = name
        self._address = address
        self._opened: Path | None = None
        self._master: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Tunnel:
        """Connect. Raises BackendError with the reason when ssh does not."""
        _remove_stale()
        self._opened = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_runtime()))
        try:
            (self._folder / "owner").write_text(owner.mine(), encoding="utf-8")
            self._master = self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the connection, if there is one, with all that it forwards; remove its folder."""
        if self._master is not None and self._master.stdin is not None:
            with suppress(OSError):
                self._master.stdin.close()
            self._master.terminate()
            try:
                self._master.wait(END_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._master.kill()
                self._master.wait()
            if self._master.stdout is not None:
                self._master.stdout.close()
        self._master = None
        if self._opened is not None:
            shutil.rmtree(self._opened, ignore_errors=True)
        self._opened = None

    @property
    def _folder(self) -> Path:
        """Return the folder of the sockets. Raises MachineError when nothing is connected."""
        if self._opened is None:
            raise MachineError(f"the engine {self.name} is not connected")
        return self._opened

    @property
    def ended(self) -> bool:
        """Return whether the connection is gone."""
        return self._master is None or self._master.poll() is not None

    def works(self) -> bool:
        """Return whether the other side still answers, asked through the master."""
        try:
            return self.run(":").ok
        except MachineError:
            return False

    @property
    def printed(self) -> str:
        """Return what ssh has printed so far."""
        with suppress(OSError, MachineError):
            return (self._folder / "log").read_text(encoding="utf-8", errors="replace").strip()
        return ""

    @property
    def last_line(self) -> str:
        """Return the last line that ssh has printed."""
        return next(reversed(self.printed.splitlines()), "")

    def forward_socket(self, path: str) -> Path:
        """Forward a socket of the host to one here, and return it. Raises BackendError."""
        local = self._folder / "engine.sock"
        done = self._order("forward", f"{local}:{path}")
        if not done.ok:
            raise BackendError(
                f"ssh does not forward the socket of the engine {self.name}", details=done.tail
            )
        return local

    def forward(self, port: int) -> int:
        """Forward a port of the host's 127.0.0.1 to a free one here, and return that.

        Raises MachineError.
        """
        for _ in range(ATTEMPTS):
            local = free_port()
            done = self._order("forward", _ports(local, port))
            if done.ok:
                return local
        raise MachineError(
            f"ssh does not forward the port {port} of the engine {self.name}", details=done.tail
        )

    def cancel(self, local: int, port: int) -> None:
        """Stop forwarding a port; one that is not forwarded any more is ignored."""
        with suppress(MachineError):
            self._order("cancel", _ports(local, port))

    def run(self, script: str) -> Completed:
        """Run a POSIX shell script on the host. Raises MachineError when it does not end."""
        words = (f"exec sh -c {shlex.quote(script)}",)
        return command.run(
            (*self._client(), "-T", "--", self._address.host, *words),
            timeout_s=CONTROL_TIMEOUT_S,
            check=False,
        )

    def _client(self) -> tuple[str, ...]:
        """Return an ``ssh`` that uses the master, or fails: it never connects on its own."""
        alone = ("-F", "none", "-o", "ProxyCommand=false", "-o", "BatchMode=yes")
        return ("ssh", *alone, "-S", str(self._folder / "control"))

    def _order(self, what: str, forwarding: str) -> Completed:
        argv = (*self._client(), "-O", what, "-L", forwarding, "--", self._address.host)
        return command.run(argv, timeout_s=CONTROL_TIMEOUT_S, check=False)

    def _start(self) -> subprocess.Popen[bytes]:
        argv = self._address.ssh(
            {**OPTIONS, "ControlPath": str(self._folder / "control")},
            ("-T",),
            "echo upgradeproof-ready; exec cat",
        )
        with (self._folder / "log").open("wb") as log:
            try:
                master = subprocess.Popen(
                    argv,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                )
            except FileNotFoundError:
                raise BackendError(
                    f"the engine {self.name} can't be reached: ssh is not installed here",
                    resolution="install the OpenSSH client (openssh-client)",
                ) from None
        self._master = master
        late = self._wait(master)
        if late is not None:
            raise refusal(
                self.name, self._address.host, "\n".join(filter(None, (self.printed, late)))
            )
        return master

    def _wait(self, master: subprocess.Popen[bytes]) -> str | None:
        """Wait until the other side answers; return why it does not, None: it does."""
        assert master.stdout is not None  # noqa: S101  # it was asked for
        deadline, received = time.monotonic() + CONNECT_TIMEOUT_S, b""
        with selectors.DefaultSelector() as selector:
            selector.register(master.stdout, selectors.EVENT_READ)
            while not received.endswith(READY):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    return f"no answer in {CONNECT_TIMEOUT_S:g} s"
                if not (data := os.read(master.stdout.fileno(), 4096)):
                    return ""
                received += data
        return None


def _ports(local: int, port: int) -> str:
    return f"127.0.0.1:{local}:127.0.0.1:{port}"


def _runtime() -> Path:
    """Return the folder for sockets: their paths have at most 108 bytes."""
    found = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(found) if found and Path(found).is_dir() else Path(tempfile.gettempdir())


def _remove_stale() -> None:
    """Remove the folders of processes that were killed; their masters ended with them."""
    for folder in _own_folders():
        with suppress(OSError):
            if not owner.is_alive((folder / "owner").read_text(encoding="utf-8")):
                shutil.rmtree(folder, ignore_errors=True)


def _own_folders() -> Iterator[Path]:
    for folder in _runtime().glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.geteuid():
                yield folder
