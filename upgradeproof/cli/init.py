"""Write a first upgrade.toml and a first suite."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.starter import write_starter

HELP = "write a first upgrade.toml and a first suite"


def configure(_parser: argparse.ArgumentParser) -> None:
    """Add no argument: the verb takes none."""


def run(_arguments: argparse.Namespace) -> int:
    """Run the verb."""
    for path in write_starter(Path.cwd()):
        sys.stdout.write(f"wrote {path}\n")
    sys.stdout.write("next: edit upgrade.toml, then `upgradeproof plan`, then `pytest`\n")
    return 0
