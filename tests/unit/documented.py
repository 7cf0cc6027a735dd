"""The models whose keys the reference documents, each by the heading of its section."""

from __future__ import annotations

from pydantic import BaseModel

from upgradeproof.plan import (
    Alert,
    Component,
    Config,
    Data,
    DeclaredUnit,
    Defaults,
    Degradation,
    Disruption,
    Endpoint,
    Expectations,
    ExpectedCommand,
    Firewall,
    Image,
    Inherit,
    InheritedExpectations,
    InheritedPreflight,
    KnownChange,
    KnownSelection,
    Load,
    Log,
    Override,
    Plan,
    Port,
    Preflight,
    Release,
    Target,
    Upgrade,
)
from upgradeproof.plan.defects import Defect
from upgradeproof.plan.images import Bootstrap
from upgradeproof.plan.packages import OwnPackages
from upgradeproof.plan.preflight import Accepted, Amount, Iops, Protection, Schedulers, Space

OF_THE_LOADER: dict[type[BaseModel], set[str]] = {
    Plan: {"folder", "edits"},
    Image: {"name"},
    Defect: {"name"},
}
"""Fields that no file contains: they are set when the file is read."""

PLAN_MODELS: dict[str, type[BaseModel]] = {
    "The file": Plan,
    "Release": Release,
    "Component": Component,
    "Packages": OwnPackages,
    "Defaults": Defaults,
    "Upgrade": Upgrade,
    "Override": Override,
    "Inherit": Inherit,
    "Inherited expectations": InheritedExpectations,
    "Inherited preflight": InheritedPreflight,
    "Expect": Expectations,
    "Service": DeclaredUnit,
    "Port": Port,
    "Config": Config,
    "Endpoint": Endpoint,
    "Firewall": Firewall,
    "Data": Data,
    "Command": ExpectedCommand,
    "Log": Log,
    "Load": Load,
    "Target": Target,
    "Degradation": Degradation,
    "Alert": Alert,
    "Disruption": Disruption,
    "Change": KnownChange,
    "Known": KnownSelection,
    "Preflight": Preflight,
    "Amount": Amount,
    "Iops": Iops,
    "Schedulers": Schedulers,
    "Space": Space,
    "Protection": Protection,
    "Accepted": Accepted,
}
IMAGE_MODELS: dict[str, type[BaseModel]] = {"The file": Image, "Bootstrap": Bootstrap}
