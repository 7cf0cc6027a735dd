"""A live server that is read and never changed: over OpenSSH, or on this host itself.

The shell runs in a mount namespace of its own, where every disk is read-only and access times are
not updated: the kernel refuses a write, whatever a script does. Temporary files of the reader are
in a tmpfs that exists in that namespace alone.
"""

from __future__ import annotations

import os
import re
import selectors
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from upgradeproof import command
from upgradeproof.errors import MachineError, PlanError, ProgramError, ServerError
from upgradeproof.machines.channel import Transport, end_session_script
from upgradeproof.machines.channel_machine import ChannelMachine
from upgradeproof.machines.framing import Stream
from upgradeproof.results import Fidelity

FOLDER = "/dev/shm"  # noqa: S108  # on the server, hidden by a tmpfs that only the reader sees
"""Where the reader may write on the server."""
CONNECT_TIMEOUT_S = 30.0

_DISKS = "ext2|ext3|ext4|xfs|btrfs|f2fs|jfs|reiserfs|vfat|zfs|bcachefs|overlay|tmpfs|ramfs"
_ALONE = f"""
mount -t tmpfs -o size=256m,mode=0700 none {FOLDER} || exit 97
while read -r _ _ _ _ point rest; do
  kind=${{rest#* - }}
  [ "$point" != {FOLDER} ] || continue
  case ${{kind%% *}} in {_DISKS.replace("|", " | ")})
    point=$(printf %b "$point")
    mount -o remount,bind,ro,noatime none "$point" || mount -o remount,bind,ro none "$point" || :
  esac
done </proc/self/mountinfo 2>/dev/null
grep -q "^[^ ]* / [^ ]* ro[, ]" /proc/self/mounts || exit 98
echo upgradeproof-ready
exec setsid -w /bin/sh
"""
_AS_ROOT = f"""
alone={shlex.quote(_ALONE)}
if [ "$(id -u)" = 0 ]; then exec unshare -m --propagation private sh -c "$alone"; fi
command -v sudo >/dev/null || {{ echo "upgradeproof-no-sudo" >&2; exit 99; }}
exec sudo -n unshare -m --propagation private sh -c "$alone"
"""
_END = """
script={}
if [ "$(id -u)" = 0 ]; then exec sh -c "$script"; fi
exec sudo -n sh -c "$script"
"""


@dataclass(frozen=True, kw_only=True)
class Address:
    """How a server is reached; an empty host is this one."""

    host: str = ""
    user: str = ""
    port: int | None = None
    config: Path | None = None
    """A configuration file for ``ssh`` in place of the user's."""

    @classmethod
    def parse(cls, text: str, config: Path | None = None) -> Address:
        """Return the address in ``ssh://[user@]host[:port]``. Raises PlanError."""
        found = re.fullmatch(
            r"ssh://(?:([A-Za-z0-9._][\w.-]*)@)?([A-Za-z0-9_][\w.-]*|\[[0-9A-Fa-f:]+\])"
            r"(?::([0-9]{1,5}))?/?",
            text,
        )
        if not found:
            raise PlanError(
                f"{text!r} is no address of a server",
                resolution="write ssh://root@host or ssh://user@host:port",
            )
        user, host, port = found.groups()
        number = int(port) if port else None
        return cls(host=host.strip("[]"), user=user or "", port=number, config=config)

    @property
    def name(self) -> str:
        """Return what messages call the server."""
        return self.host or "this host"

    def argv(self, script: str) -> list[str]:
        """Return the command that runs a POSIX shell script there."""
        if not self.host:
            return ["sh", "-c", script]
        options = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "ConnectTimeout": "15",
            "ServerAliveInterval": "15",
            "ForwardAgent": "no",
            "ForwardX11": "no",
            "ClearAllForwardings": "yes",
            "ControlPath": "none",
            "RequestTTY": "no",
        }
        return self.ssh(options, (), f"exec sh -c {shlex.quote(script)}")

    def ssh(self, options: Mapping[str, str], flags: Sequence[str], command: str) -> list[str]:
        """Return the ``ssh`` command with some options and flags that runs a command there."""
        argv = ["ssh", *(["-F", str(self.config)] if self.config else [])]
        argv += [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        argv += ["-p", str(self.port)] if self.port else []
        argv += ["-l", self.user] if self.user else []
        return [*argv, *flags, "--", self.host, command]


class Pipes:
    """One process on this host, whose three pipes are a shell's."""

    def __init__(self, argv: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise ProgramError(
                f"{argv[0]} is not installed here",
                resolution="install the OpenSSH client (openssh-client)",
            ) from None
        self._selector = selectors.DefaultSelector()
        for stream, pipe in (
            (Stream.OUT, self._process.stdout),
            (Stream.ERR, self._process.stderr),
        ):
            assert pipe is not None  # noqa: S101  # it was asked for above
            self._selector.register(pipe, selectors.EVENT_READ, stream)

    def send(self, data: bytes) -> None:
        """Send all bytes. Raises OSError when the shell is gone."""
        assert self._process.stdin is not None  # noqa: S101  # as above
        view = memoryview(data)
        while view:
            view = view[os.write(self._process.stdin.fileno(), view) :]

    def receive(self, timeout_s: float) -> tuple[Stream, bytes]:
        """Return the next bytes of either stream."""
        while self._selector.get_map():
            ready = self._selector.select(max(timeout_s, 0.0))
            if not ready:
                raise TimeoutError
            key, _ = ready[0]
            if data := os.read(key.fd, 1 << 18):
                return key.data, data
            self._selector.unregister(key.fileobj)  # the other pipe may still hold something
        raise EOFError

    def close(self) -> None:
        """End the process; the server's side ends with its connection."""
        self._selector.close()
        with suppress(ProcessLookupError):
            self._process.terminate()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)


class Server(ChannelMachine):
    """A live server: its facts and files can be read, and nothing of it can be changed."""

    def __init__(self, address: Address) -> None:
        super().__init__(address.name, Fidelity(kernel="own", execution="native", boot="own"))
        self._address = address

    def connect(self) -> Transport:
        """Start a shell there as root. Raises ServerError with the reason when there is none."""
        pipes = Pipes(self._address.argv(_AS_ROOT))
        received = dict.fromkeys(Stream, b"")
        deadline = time.monotonic() + CONNECT_TIMEOUT_S
        try:
            while b"upgradeproof-ready\n" not in received[Stream.OUT]:
                stream, data = pipes.receive(deadline - time.monotonic())
                received[stream] += data
        except (EOFError, TimeoutError, OSError) as error:
            pipes.close()
            late = "\nno answer in time" if isinstance(error, TimeoutError) else ""
            _refuse(self._address, received[Stream.ERR].decode("utf-8", "replace").strip() + late)
        except BaseException:
            pipes.close()
            raise
        return pipes

    def end_session(self, pid: int) -> None:
        """End what runs in a shell's session there."""
        script = _END.format(shlex.quote(end_session_script(pid)))
        command.run(self._address.argv(script), timeout_s=CONNECT_TIMEOUT_S, check=False)

    def close(self) -> None:
        """Close the shell."""
        self._channel.close()

    def put(self, content: bytes, path: str, *, mode: int = 0o644, owner: str = "root") -> None:
        """Refuse: a server is only read."""
        del content, mode, owner
        raise MachineError(f"{self.name} is only read: {path} is not written")

    def reboot(self, *, timeout_s: float) -> None:  # noqa: ARG002  # the protocol's
        """Refuse: a server is only read."""
        raise MachineError(f"{self.name} is only read: it is not booted")

    def power_cut(self, *, timeout_s: float) -> None:  # noqa: ARG002  # the protocol's
        """Refuse: a server is only read."""
        raise MachineError(f"{self.name} is only read: its power is not cut")

    def published(self, port: int) -> int:
        """Refuse: no port of a server is published here."""
        raise MachineError(f"{self.name} is only read: its port {port} is not published here")

    def logs(self) -> str:
        """Return nothing: a server's console can't be read."""
        return ""

    def alive(self) -> bool:
        """Return whether it answers."""
        return self.run(":").ok


_CAUSES = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "the host key of {} differs from that in known_hosts: nothing was read",
        "find out why it changed, then replace it: `ssh-keygen -R HOST`, and connect once by hand",
    ),
    (
        r"Host key verification failed|No \S+ host key is known",
        "the host key of {} is not known here: nothing was read",
        "compare its fingerprint and connect once by hand: `ssh HOST`",
    ),
    (
        r"Permission denied \(|Too many authentication failures|no mutual signature",
        "{} refuses the login",
        "allow a key of yours there; passwords are never asked for (BatchMode)",
    ),
    (
        r"upgradeproof-no-sudo|sudo: |not in the sudoers|Operation not permitted|be superuser",
        "the login on {} has no root rights",
        "log in as root, or allow the user `sudo` without a password",
    ),
    (
        r"Could not resolve|Connection (?:refused|timed|closed|reset)|No route|unreachable|in time",
        "{} can't be reached",
        "check the name, that the server runs, and the firewalls between",
    ),
)


def _refuse(address: Address, complaint: str) -> NoReturn:
    """Raise ServerError with the likely cause of what ssh printed."""
    for pattern, brief, resolution in _CAUSES:
        if re.search(pattern, complaint):
            raise ServerError(
                brief.format(address.name),
                details=complaint,
                resolution=resolution.replace("HOST", address.name),
            )
    raise ServerError(
        f"{address.name} gives no shell whose disks are read-only: nothing was read",
        details=complaint,
        resolution="are unshare, mount and setsid (util-linux) there, and may root mount?",
    )
