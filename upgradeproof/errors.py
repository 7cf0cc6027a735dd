"""The family of errors, written for a person who reads a CI log.

Every error states what happened (``brief``), what was seen (``details``) and what to do
(``resolution``). The class determines the verdict of the check that met it and the exit code of
a command: no other part of the engine needs the cause.
"""

from __future__ import annotations

from typing import ClassVar


class UpgradeproofError(Exception):
    """State what happened, what was seen and what to do; the base class of all our errors."""

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
        """Pickle all fields, so that a worker process can send the error to its controller."""
        return _rebuild, (type(self), self.brief, self.details, self.resolution)


def _rebuild(
    kind: type[UpgradeproofError], brief: str, details: str, resolution: str
) -> UpgradeproofError:
    return kind(brief, details=details, resolution=resolution)


class PlanError(UpgradeproofError):
    """The plan, or an image definition, is wrong: nothing was started."""

    exit_code = 2


class ExtensionError(PlanError):
    """A file that extends the engine is wrong: nothing was started."""


class ProductError(UpgradeproofError):
    """The product or its upgrade failed: the verdict is ``failed``."""

    exit_code = 3


class HarnessError(UpgradeproofError):
    """The harness or its environment failed, not the product: the verdict is ``broken``."""

    exit_code = 4


class UnavailableError(UpgradeproofError):
    """Something that the cell needs is unavailable here: the verdict is ``never_ran``."""

    exit_code = 5


class StepError(ProductError):
    """A step of the product's installation or upgrade failed."""


class StepTimeoutError(StepError):
    """A step did not end in its time; its last output (often a prompt) is in the details."""


class InhibitedError(ProductError):
    """The preflight found an inhibitor: the upgrade was not started."""


class ProofError(ProductError):
    """The upgrade did not happen, whatever its exit code was."""


class NotReadyError(ProductError):
    """The product did not become ready in the state that was to be reached."""


class BootError(ProductError):
    """A machine did not boot, or stopped unexpectedly: panic, emergency shell, hang, loop."""


class MissingFactError(ProductError):
    """A check asked for a unit, a package or another subject that the machine does not have."""


class BuildError(ProductError):
    """The product's own packages can't be built from its sources, or are no packages."""


class MachineError(HarnessError):
    """A machine could not be started, cached, cloned or reached."""


class ChannelError(MachineError):
    """The shell on a machine ended, or its output can't be parsed."""


class CommandTimeoutError(MachineError):
    """A command did not end in its time."""


class EnvironmentFailedError(HarnessError):
    """Something outside the product and the harness failed in a step, such as an archive."""


class ExtraError(HarnessError):
    """A Python package that only some features need is not installed: see ``extras``."""


class LoadError(HarnessError):
    """The generator of a load failed, or left no result that can be read."""


class ImageError(UnavailableError):
    """An operating system image is unavailable from all of its sources."""


class NotReachedError(UnavailableError):
    """A state is requested again that could not be reached; the first error has the cause."""


class BackendError(UnavailableError):
    """A kind of machine (container engine, hypervisor) does not work on this host."""


class ServerError(UnavailableError):
    """A live server can't be reached, or can't be read as root; nothing on it was changed."""


class ProgramError(UnavailableError):
    """A program that something needs on this host is not installed."""


class SigningError(UnavailableError):
    """A key can't sign here, or what it should sign can't be recomputed."""
