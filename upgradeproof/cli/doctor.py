"""Report what works on this host, how to repair the rest, and what is cached."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from upgradeproof import cache
from upgradeproof.extras import EXTRAS, Extra, missing
from upgradeproof.home import Home
from upgradeproof.machines import Health
from upgradeproof.machines.backends import backends
from upgradeproof.plan import platforms
from upgradeproof.render.words import cached_states
from upgradeproof.runner.storage import Limits

HELP = "report what works here, how to repair the rest, and what is cached"


def configure(_parser: argparse.ArgumentParser) -> None:
    """Add no argument: the verb takes none."""


def run(_arguments: argparse.Namespace) -> int:
    """Print a line for each backend, platform, product to build and extra.

    The exit status is 1 without a backend.
    """
    home = Home(Path.cwd()).open()
    found = {f"backend {kind}": backend.health() for kind, backend in sorted(backends().items())}
    images = home.imaging()
    every = found | {f"image {p.id}": images.health(p) for p in platforms(home.images)}
    every |= {
        f"packages {p.name}": home.packager.health(p.packages) for p in home.plans if p.packages
    }
    every |= {f"extra {extra}": _extra(extra) for extra in EXTRAS}
    limits = Limits.of(cache.folder())
    width = max(len(name) for name in every)
    for name, health in every.items():
        sys.stdout.write(f"{_word(health):<6} {name:<{width}}  {health.brief}\n")
    advice = dict.fromkeys(h.resolution for h in every.values() if h.resolution)
    for resolution in advice:
        names = [name for name, health in every.items() if health.resolution == resolution]
        sys.stdout.write(f"\nto do for {', '.join(names)}:\n  {resolution}\n")
    if not any(health.works for health in found.values()):
        return 1
    cached = cached_states(home.storage.measure())
    sys.stdout.write(f"\nstates: {cached}, {limits.age}\n")
    return 0


def _extra(extra: Extra) -> Health:
    if error := missing(extra):
        return Health(works=False, brief=error.brief, resolution=error.resolution)
    return Health(works=True, brief=f"{extra.spec.package}, which {extra.spec.purpose}")


def _word(health: Health) -> str:
    return "works" if health.works else "can't"
