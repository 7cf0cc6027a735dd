"""The plan: what to verify, read from TOML into frozen models; cells out, no machine touched."""

from upgradeproof.plan.cells import Cell, expand
from upgradeproof.plan.expectations import (
    Config,
    Data,
    Endpoint,
    Expectations,
    Firewall,
    KnownChange,
    Port,
)
from upgradeproof.plan.images import Image, Platform, load_images, platforms
from upgradeproof.plan.model import Plan, Release, Upgrade, json_schema, load_plan

__all__ = [
    "Cell",
    "Config",
    "Data",
    "Endpoint",
    "Expectations",
    "Firewall",
    "Image",
    "KnownChange",
    "Plan",
    "Platform",
    "Port",
    "Release",
    "Upgrade",
    "expand",
    "json_schema",
    "load_images",
    "load_plan",
    "platforms",
]
