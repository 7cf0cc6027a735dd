"""The folder on this host that stores images and states from run to run."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def folder() -> Path:
    """Return the cache, shared by all projects of a user; UPGRADEPROOF_CACHE names another."""
    override = os.environ.get("UPGRADEPROOF_CACHE")
    return Path(override).absolute() if override else platformdirs.user_cache_path("upgradeproof")
