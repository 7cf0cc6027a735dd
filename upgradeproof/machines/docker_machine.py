"""A container on a Docker engine, with systemd as process 1."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from docker.models.containers import Container

from upgradeproof.command import Completed
from upgradeproof.errors import ChannelError, MachineError
from upgradeproof.machines.channel import Transport, end_session_script
from upgradeproof.machines.channel_machine import ChannelMachine
from upgradeproof.machines.docker_exec import ExecTransport
from upgradeproof.machines.engine import LOCAL, DockerEngine, EngineError
from upgradeproof.machines.systemd import SETTLED
from upgradeproof.results import Fidelity


class DockerMachine(ChannelMachine):
    """A running container."""

    def __init__(
        self, container: Container, fidelity: Fidelity, engine: DockerEngine = LOCAL
    ) -> None:
        super().__init__(f"{container.name}{engine.on}", fidelity)
        self._container = container
        self._engine = engine
        self._forwarded: dict[int, tuple[int, int]] = {}
        """By the machine's port: the engine's port and this host's, where they are not the same."""

    @property
    def container(self) -> Container:
        """Return the SDK's container."""
        return self._container

    def run(
        self,
        script: str,
        *,
        timeout_s: float = 60.0,
        stdin: bytes = b"",
        on_output: Callable[[bytes], None] | None = None,
    ) -> Completed:
        """Run a script; see the protocol. Where the engine is lost, the error states it."""
        try:
            return super().run(script, timeout_s=timeout_s, stdin=stdin, on_output=on_output)
        except ChannelError as error:
            raise self._engine.explained(error) from None

    def boot(self, *, timeout_s: float) -> None:
        """Start, and wait until systemd has settled. Raises MachineError."""
        try:
            self._container.start()
            self.run(SETTLED, timeout_s=timeout_s)
        except EngineError as error:
            raise self._engine.failed(f"{self.name} could not be started", error) from None
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
            raise self._engine.failed(f"{self.name} could not be stopped", error) from None
        self.boot(timeout_s=timeout_s)

    def reboot(self, *, timeout_s: float) -> None:  # noqa: ARG002  # the protocol's
        """Refuse: what a container would boot is its host's kernel."""
        raise MachineError(f"{self.name} has no kernel of its own to boot")

    def published(self, port: int) -> int:
        """Return this host's port that leads to ``port``. Raises MachineError if there is none."""
        try:
            self._container.reload()
        except EngineError as error:
            raise self._engine.failed(f"{self.name} can't be inspected", error) from None
        bindings = self._container.ports.get(f"{port}/tcp")
        if not bindings:
            raise MachineError(
                f"port {port} of {self.name} is not published",
                resolution="name it in the plan as the port of an endpoint",
            )
        return self._here(port, int(bindings[0]["HostPort"]))

    def _here(self, port: int, there: int) -> int:
        """Return this host's port for one of the engine's; a machine that restarted has another."""
        known, local = self._forwarded.get(port, (0, 0))
        if known != there:
            self._unpublish(port)
            local = self._engine.published(there)
            self._forwarded[port] = there, local
        return local

    def _unpublish(self, port: int) -> None:
        there, local = self._forwarded.pop(port, (0, 0))
        if there:
            self._engine.unpublish(local, there)

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
        return ExecTransport(self._container, self._engine)

    def end_session(self, pid: int) -> None:
        """End what a shell left behind, through another shell."""
        try:
            self._container.exec_run(["/bin/sh", "-c", end_session_script(pid)])
        except EngineError as error:
            raise ChannelError(f"{self.name} can't be reached", details=str(error)) from None

    def close(self) -> None:
        """Close the channel, and what leads to the machine's ports."""
        self._channel.close()
        for port in tuple(self._forwarded):
            self._unpublish(port)
