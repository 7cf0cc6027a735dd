"""/etc/default/lighthouse: name and zone of the node, in the variables that the release reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from lighthouse.release import ENVIRONMENT_PREFIX

PATH = Path("/etc/default/lighthouse")
OLD, NEW = "LVS", "K8S"


def prefix_of(text: str) -> str:
    """Return the prefix of the first name that has one; without any, the release's own."""
    found = re.search(rf"^\s*(?:export\s+)?({OLD}|{NEW})_", text, re.MULTILINE)
    return found[1] if found else ENVIRONMENT_PREFIX


def renamed(text: str, old: str, new: str) -> str:
    """Return a text in which each variable has the new prefix; the values stay as they are."""
    return re.sub(rf"^(\s*(?:export\s+)?){old}_", rf"\g<1>{new}_", text, flags=re.MULTILINE)


def value(environment: Mapping[str, str], name: str) -> str:
    """Return a variable of this release, such as ``NODE_NAME``; empty where it is not set."""
    return environment.get(f"{ENVIRONMENT_PREFIX}_{name}", "")
