"""The commands for administrators and for the maintainer scripts of the packages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from lighthouse import check, configuration, environment
from lighthouse.formats import FormatError
from lighthouse.migration import ORIGINALS, documents
from lighthouse.release import VERSION


def config(argv: Sequence[str] | None = None) -> int:
    """Run ``lighthouse-config``: ``get KEY``, ``migrate`` or ``restore``."""
    parser = argparse.ArgumentParser(prog="lighthouse-config")
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    get = commands.add_parser("get", help="print a setting, or its default")
    get.add_argument("key", choices=sorted(configuration.DEFAULTS))
    commands.add_parser("migrate", help="write the configuration in this release's formats")
    commands.add_parser("restore", help="write it in the formats that it had before 1.2.8")
    arguments = parser.parse_args(argv)
    try:
        if arguments.command == "get":
            sys.stdout.write(f"{configuration.load().text(arguments.key)}\n")
            return 0
        return _convert(old=arguments.command == "restore")
    except (FormatError, configuration.ConfigurationError) as error:
        sys.stderr.write(f"{check.CONFLICT}: configuration conflict: {error}\n")
        return check.EXIT_STATUS[check.CONFLICT]


def _convert(*, old: bool) -> int:
    for document in documents():
        if not document.path.exists():
            continue
        try:
            done = document.restore(ORIGINALS) if old else document.migrate(ORIGINALS)
        except FormatError as error:
            raise FormatError(f"{document.path}: {error}") from None
        if done:
            how = "restored to its old format" if old else f"migrated to {VERSION}"
            sys.stdout.write(f"lighthouse-config: {document.path} was {how}\n")
    return 0


def config_check(argv: Sequence[str] | None = None) -> int:
    """Run ``lighthouse-config-check``; the exit status is that of the first problem."""
    parser = argparse.ArgumentParser(prog="lighthouse-config-check")
    parser.add_argument("--config", type=Path, default=configuration.PATH)
    parser.add_argument("--environment", type=Path, default=environment.PATH)
    parser.add_argument("--resources", action="store_true", help="check the machine, too")
    arguments = parser.parse_args(argv)
    problems = [*check.check_configuration(arguments.config, arguments.environment)]
    if arguments.resources:
        problems += check.check_resources(*check.resources())
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return check.EXIT_STATUS[problems[0].code] if problems else 0
