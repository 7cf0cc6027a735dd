"""The plan: what to verify, read from TOML into frozen models; cells out, no machine touched."""

from upgradeproof.plan.cells import Cell, choose, expand
from upgradeproof.plan.changes import KnownChange, KnownSelection
from upgradeproof.plan.commands import ExpectedCommand
from upgradeproof.plan.components import Component
from upgradeproof.plan.data import Data
from upgradeproof.plan.degradation import Alert, Degradation
from upgradeproof.plan.disruption import Disruption
from upgradeproof.plan.endpoint import Endpoint, Firewall
from upgradeproof.plan.expectations import Config, Expectations, Log, Port
from upgradeproof.plan.images import Image, Platform, load_images, platforms
from upgradeproof.plan.load import Load, Target
from upgradeproof.plan.model import Defaults, Plan, Upgrade, json_schema, load_plan
from upgradeproof.plan.names import unit_name
from upgradeproof.plan.overrides import (
    Inherit,
    InheritedExpectations,
    InheritedPreflight,
    Override,
)
from upgradeproof.plan.preflight import Preflight
from upgradeproof.plan.releases import Release
from upgradeproof.plan.units import DeclaredUnit

__all__ = [
    "Alert",
    "Cell",
    "Component",
    "Config",
    "Data",
    "DeclaredUnit",
    "Defaults",
    "Degradation",
    "Disruption",
    "Endpoint",
    "Expectations",
    "ExpectedCommand",
    "Firewall",
    "Image",
    "Inherit",
    "InheritedExpectations",
    "InheritedPreflight",
    "KnownChange",
    "KnownSelection",
    "Load",
    "Log",
    "Override",
    "Plan",
    "Platform",
    "Port",
    "Preflight",
    "Release",
    "Target",
    "Upgrade",
    "choose",
    "expand",
    "json_schema",
    "load_images",
    "load_plan",
    "platforms",
    "unit_name",
]
