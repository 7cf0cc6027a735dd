"""The properties of this release, from the file that the build writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("release.json")


def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


_RELEASE = _read()
VERSION: str = _RELEASE["version"]
API_PORT: int = _RELEASE["api_port"]
CONFIG_FORMAT: str = _RELEASE["config_format"]
ENVIRONMENT_PREFIX: str = _RELEASE["environment_prefix"]
COMPONENTS: dict[str, list[str]] = _RELEASE["components"]
"""For each component the first and the last version that this release works with."""
