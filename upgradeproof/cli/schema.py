"""Print the JSON Schema of upgrade.toml."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from upgradeproof.home import Home
from upgradeproof.plan import json_schema

HELP = "print the JSON Schema of upgrade.toml"


def configure(_parser: argparse.ArgumentParser) -> None:
    """Add no argument: the verb takes none."""


def run(_arguments: argparse.Namespace) -> int:
    """Run the verb; the project's own kinds of step are part of the schema."""
    Home(Path.cwd()).open()
    sys.stdout.write(json.dumps(json_schema(), indent=1) + "\n")
    return 0
