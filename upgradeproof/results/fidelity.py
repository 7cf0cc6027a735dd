"""What a machine can prove: whose kernel, what runs its programs, and how it is reached."""

from __future__ import annotations

from typing import Literal

from upgradeproof.results.base import Frozen


class Fidelity(Frozen):
    """What a machine can prove."""

    kernel: Literal["own", "shared"]
    execution: Literal["native", "kvm", "tcg", "qemu-user"]
    boot: Literal["none", "own", "direct"] = "none"
    """Whose boot loader started the kernel: none in a container, the machine's own, or a kernel
    handed in from outside (direct), which proves nothing of boot loader and initramfs."""
    engine: str = ""
    """The engine of engines.toml that it ran on; empty: this host."""
    tunnel_ms: float | None = None
    """The measured time of one request through the SSH connection to the engine; None: it was
    reached without one."""

    @property
    def own_kernel(self) -> bool:
        """Return whether kernel checks can be proven; in a container they can't."""
        return self.kernel == "own"

    @property
    def absolute_time(self) -> bool:
        """Return whether the machine's time is real time; under emulation it is not."""
        return self.execution in ("native", "kvm")

    @property
    def absolute_latency(self) -> bool:
        """Return whether what this host measures of the machine's answers is the machine's time.

        A tunnel adds its own latency, and its own failures.
        """
        return self.absolute_time and self.tunnel_ms is None

    @property
    def why_no_absolute_latency(self) -> str:
        """Return why no absolute latency can be proven, as a clause."""
        how = f"by {self.execution}"
        if self.absolute_time:
            how = f"through the tunnel to {self.engine} ({self.tunnel_ms} ms)"
        return f"{how} an absolute time proves nothing"

    @property
    def slowness(self) -> float:
        """Return the factor by which a machine may exceed the time limits of the plan.

        Under emulation everything takes five to ten times as long, and a plan's limits have a
        margin.
        """
        return 1.0 if self.absolute_time else 3.0

    def __str__(self) -> str:
        boot = {"none": "", "own": ", own boot loader", "direct": ", direct kernel boot"}[self.boot]
        engine = f", on {self.engine}" if self.engine else ""
        tunnel = f" through a tunnel ({self.tunnel_ms} ms)" if self.tunnel_ms is not None else ""
        return f"{self.kernel} kernel, {self.execution}{boot}{engine}{tunnel}"
