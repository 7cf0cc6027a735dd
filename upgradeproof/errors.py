"""One family of errors, written for the person who reads them at night in a CI log.

Every error says what happened (``brief``), what was seen (``details``) and what to do
(``resolution``). The class decides the verdict of the check that met it and the exit code of a
command: nothing else in the engine has to know why something went wrong.
"""

from __future__ import annotations

from typing import ClassVar


class UpgradeproofError(Exception):
    """Carry what happened, what was seen and what to do; the base of all our errors."""

    exit_code: ClassVar[int] = 1

    def __init__(self, brief: str, *, details: str = "", resolution: str = "") -> None:
        super().__init__(brief)
        self.brief = brief
        self.details = details
        self.resolution = resolution

    def __str__(self) -> str:
        parts = [self.brief]
        if self.details:
            parts.append(self.details)
        if self.resolution:
            parts.append(f"To do: {self.resolution}")
        return "\n".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way from a worker process to its controller."""
        return _rebuild, (type(self), self.brief, self.details, self.resolution)


def _rebuild(
    kind: type[UpgradeproofError], brief: str, details: str, resolution: str
) -> UpgradeproofError:
    return kind(brief, details=details, resolution=resolution)


class PlanError(UpgradeproofError):
    """The plan, or an image definition, is not what it should be: nothing was started."""

    exit_code = 2


class ProductError(UpgradeproofError):
    """The product or its upgrade failed: the verdict is ``failed``."""

    exit_code = 3


class HarnessError(UpgradeproofError):
    """We or our environment failed, not the product: the verdict is ``broken``."""

    exit_code = 4


class UnavailableError(UpgradeproofError):
    """Something that the cell needs can't be had here: the verdict is ``never_ran``."""

    exit_code = 5


class StepError(ProductError):
    """A step of the product's installation or upgrade failed."""


class StepTimeoutError(StepError):
    """A step did not end in its time; its last output (often a prompt) is in the details."""


class InhibitedError(ProductError):
    """The preflight found what must be mended first: the upgrade was not begun."""


class ProofError(ProductError):
    """The upgrade did not happen, whatever its exit code said."""


class NotReadyError(ProductError):
    """The product never became healthy in the state that was to be reached."""


class BootError(ProductError):
    """A machine did not come up, or went down by itself: panic, emergency shell, hang, loop."""


class MissingFactError(ProductError):
    """A check asked for a unit, a package or another subject that the machine does not have."""


class BuildError(ProductError):
    """The product's own packages can't be made from its sources, or are none."""


class MachineError(HarnessError):
    """A machine could not be started, kept, copied or reached."""


class ChannelError(MachineError):
    """The shell on a machine died, or its answers can't be understood."""


class CommandTimeoutError(MachineError):
    """A command did not end in its time."""


class EnvironmentFailedError(HarnessError):
    """Something outside the product and outside us failed under a step, such as an archive."""


class LoadError(HarnessError):
    """The generator of a load failed, or left no result that can be read."""


class ImageError(UnavailableError):
    """An operating system image can't be had from any of its sources."""


class NotReachedError(UnavailableError):
    """A state is asked for again that could not be reached: the first error stands for it."""


class BackendError(UnavailableError):
    """A kind of machine (container engine, hypervisor) does not work on this host."""


class ServerError(UnavailableError):
    """A live server can't be reached, or not be read as root; nothing of it was changed."""


class ProgramError(UnavailableError):
    """A program that something needs on this host is not installed."""


class SigningError(UnavailableError):
    """A key can't sign here, or what it should sign can't be recomputed."""
