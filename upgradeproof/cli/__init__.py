"""The command line: one module for each verb, found by its name."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import signal
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

from upgradeproof import __version__
from upgradeproof.errors import HarnessError, UpgradeproofError

INTERRUPTED = 128 + signal.SIGINT
"""The exit status of a shell command that SIGINT stopped."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status; an error is printed, never raised."""
    arguments = _parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except UpgradeproofError as error:
        sys.stderr.write(f"upgradeproof: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("upgradeproof: interrupted\n")
        return INTERRUPTED
    except OSError as error:
        sys.stderr.write(f"upgradeproof: {error.filename or 'this folder'}: {error.strerror}\n")
        return HarnessError.exit_code
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="upgradeproof", description="Proof that an upgrade works, before it ships."
    )
    parser.add_argument("--version", action="version", version=f"upgradeproof {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, verb in _verbs():
        added = commands.add_parser(name, help=verb.HELP)
        verb.configure(added)
        added.set_defaults(run=verb.run)
    return parser


def _verbs() -> Iterator[tuple[str, ModuleType]]:
    """Yield each verb's name and module: a module of this package that has ``run``.

    A verb has three names: ``HELP``, its line in the list of verbs; ``configure(parser)``, which
    adds its arguments; ``run(arguments)``, which returns the exit status. A module whose name would
    be a word of Python ends in ``_``.
    """
    for found in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{found.name}")
        if hasattr(module, "run"):
            yield found.name.rstrip("_").replace("_", "-"), module
