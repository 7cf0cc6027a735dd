"""Make a product of a live server, whose twin is then upgraded."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof.capture import capture
from upgradeproof.cli.interrupting import interruptible
from upgradeproof.errors import PlanError
from upgradeproof.home import Home
from upgradeproof.machines.ssh import Address, Server

HELP = "make a product of a live server, changing nothing there"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument(
        "server", nargs="?", metavar="ADDRESS", help="ssh://[user@]host[:port], by OpenSSH"
    )
    parser.add_argument("--local", action="store_true", help="capture this host itself")
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="such as products/web1"
    )
    parser.add_argument(
        *("--data",),
        action="append",
        metavar="PATH",
        help="also copy this folder of data; may be repeated",
    )
    parser.add_argument(
        "--upgrade-to",
        default="",
        metavar="IMAGE",
        help="the image to upgrade the twin to; default: the next release of its distribution",
    )
    parser.add_argument(
        "--machine",
        default="container",
        metavar="KIND",
        help="the twin's kind of machine, container or vm; default: container",
    )
    parser.add_argument("--ssh-config", type=Path, metavar="FILE", help="instead of ~/.ssh/config")


def run(arguments: argparse.Namespace) -> int:
    """Capture, and print what the twin does not have."""
    if bool(arguments.server) == arguments.local:
        raise PlanError("name a server, as in ssh://root@host, or --local")
    address = Address()
    if arguments.server:
        address = Address.parse(arguments.server, arguments.ssh_config)
    return interruptible(lambda: _captured(Server(address), arguments), "nothing was written")


def _captured(server: Server, arguments: argparse.Namespace) -> int:
    try:
        missing = capture(
            server,
            arguments.to,
            Home(Path.cwd()).images,
            data=arguments.data or (),
            upgrade_to=arguments.upgrade_to,
            kind=arguments.machine,
            on_progress=lambda line: sys.stdout.write(f"{line}\n"),
        )
    finally:
        server.close()
    sys.stdout.write("".join(f"not in the twin: {line}\n" for line in missing))
    sys.stdout.write(
        f"wrote {arguments.to}\nnext: read its report.md, then `upgradeproof observe"
        f" {arguments.to}`, then `pytest`\n"
    )
    return 0
