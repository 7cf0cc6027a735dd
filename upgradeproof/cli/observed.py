"""What the verbs share that observe packages: their arguments, and how they observe."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from upgradeproof import cache
from upgradeproof.daemons import daemons
from upgradeproof.errors import PlanError
from upgradeproof.home import Home
from upgradeproof.machines.backends import backend
from upgradeproof.observe.drafting import draft, findings
from upgradeproof.observe.observing import Observer
from upgradeproof.observe.order import Order, order
from upgradeproof.observe.writing import plan_text
from upgradeproof.runner.store import StateStore


def add_arguments(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """Add the packages, the two releases, and the product's name."""
    parser.add_argument(
        "packages", nargs="+" if required else "*", metavar="PACKAGE", help="packages to install"
    )
    parser.add_argument(
        "--from", dest="old", metavar="RELEASE", help="an image: the release to install them on"
    )
    parser.add_argument(
        "--to", dest="new", metavar="RELEASE", help="an image: the release to upgrade to"
    )
    parser.add_argument(
        "--name", default="", help="the product's name; default: the packages' names"
    )


def ordered(arguments: argparse.Namespace, home: Home) -> Order:
    """Return what is to be observed. Raises PlanError for what is missing or wrong."""
    missing = [key for key, at in (("--from", "old"), ("--to", "new")) if not vars(arguments)[at]]
    if missing:
        raise PlanError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
            details=f"releases: {', '.join(sorted(home.images))}",
            resolution="name the release that the packages are on, and the one to upgrade to",
        )
    return order(arguments.packages, arguments.old, arguments.new, home.images, arguments.name)


def observed_plan(order: Order, home: Home) -> tuple[str, tuple[str, ...]]:
    """Observe an order, and return the text of its plan and what is to be decided."""
    works = backend(order.platform.machine)
    report = clock()
    report(f"find or make the image {order.platform.id}")
    image = home.imaging().ensure(order.platform)
    checkpoints = StateStore(cache.folder()).checkpoints
    found = Observer(order, works, daemons(), report, checkpoints=checkpoints).observe(image)
    return plan_text(draft(found)), findings(found)


def announce(lines: Sequence[str]) -> None:
    """Print what is to be decided."""
    sys.stdout.write("".join(f"to decide: {line}\n" for line in lines))


def clock() -> Callable[[str], None]:
    """Return what prints a line with the seconds since now."""
    started = time.monotonic()

    def report(line: str) -> None:
        sys.stdout.write(f"[{time.monotonic() - started:7.1f} s] {line}\n")
        sys.stdout.flush()

    return report
