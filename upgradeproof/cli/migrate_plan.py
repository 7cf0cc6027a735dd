"""Give the keys of plans their new names."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.counting import counted
from upgradeproof.plan.migrating import migration, write_migrations

HELP = "give the keys of plans, defects, field cases and daemons their new names"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="such as upgrade.toml")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing: print what would change, and exit with 1 if anything would",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print each key that is renamed; write the files after all of them were read."""
    migrations = [migration(path) for path in dict.fromkeys(arguments.files)]
    changed = [each for each in migrations if each.renames]
    number = sum(len(each.renames) for each in changed)
    if not arguments.check:
        write_migrations(changed)
    for each in changed:
        sys.stdout.writelines(f"{line}\n" for line in each.lines())
    would = "would be " if arguments.check else ""
    files = counted(len(changed), "file")
    sys.stdout.write(f"{counted(number, 'key')} {would}renamed in {files}\n")
    return 1 if arguments.check and number else 0
