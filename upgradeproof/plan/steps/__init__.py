"""Steps: what a plan can do to a machine, compiled to actions without touching one.

A kind of step is a ``Step`` subclass in a file of this folder, found by discovery. It is pure:
``actions`` returns the very scripts and uploads that will run, so that a plan can be printed,
compared with a golden file, and hashed into the key of the state that it leads to.
"""

from upgradeproof.plan.steps.base import (
    Action,
    AnyStep,
    Planned,
    Publish,
    Reboot,
    Script,
    Step,
    Upload,
    UploadTree,
    step_kinds,
)

__all__ = [
    "Action",
    "AnyStep",
    "Planned",
    "Publish",
    "Reboot",
    "Script",
    "Step",
    "Upload",
    "UploadTree",
    "step_kinds",
]
