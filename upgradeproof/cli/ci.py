"""Write a pipeline for a CI server."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from upgradeproof.cli.arguments import positive_number
from upgradeproof.pipelines import Pipeline, Server, write_pipeline
from upgradeproof.pipelines.writing import OWN_SETUP

HELP = "write a pipeline for GitHub, GitLab or Jenkins"
SETUP = re.compile(r"[\w./=-]+( [\w./=-]+)*")
TAG = re.compile(r"[\w.-]+")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    init = verbs.add_parser("init", help="write the files of a pipeline into this folder")
    init.add_argument("server", choices=[server.value for server in Server])
    init.add_argument(
        "--setup",
        type=_command,
        default=OWN_SETUP,
        metavar="COMMAND",
        help="makes .venv/bin with upgradeproof and pytest; default: `sh ci/setup.sh`, which is"
        " written, too",
    )
    init.add_argument(
        "--tag",
        type=_tag,
        action="append",
        default=[],
        help="only cells with this tag; may be repeated",
    )
    init.add_argument(
        "--max-minutes",
        type=positive_number,
        default=45,
        metavar="M",
        help="how long a shard may take, as estimated; default: 45",
    )
    init.add_argument("--force", action="store_true", help="replace the pipeline")


def run(arguments: argparse.Namespace) -> int:
    """Write the files and print their names."""
    pipeline = Pipeline(
        setup=arguments.setup, max_minutes=arguments.max_minutes, tags=tuple(arguments.tag)
    )
    for path in write_pipeline(
        Path.cwd(), Server(arguments.server), pipeline, replace=arguments.force
    ):
        sys.stdout.write(f"wrote {path.relative_to(Path.cwd())}\n")
    sys.stdout.write(
        f"next: read ci/{arguments.server}-runners.toml and reports/policy.toml, then commit\n"
    )
    return 0


def _command(word: str) -> str:
    if not SETUP.fullmatch(word):
        raise argparse.ArgumentTypeError(f"{word!r} is not one plain command: write a script")
    return word


def _tag(word: str) -> str:
    if not TAG.fullmatch(word):
        raise argparse.ArgumentTypeError(f"{word!r} is not a tag")
    return word
