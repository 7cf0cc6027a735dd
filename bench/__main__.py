"""``make bench``: measure, print the table, write reports/out/bench.json; exit 1 on a miss.

``python -m bench channel facts plugin cells prober vm vm-cell arm64-image defects load page
verdicts`` measures only what is named. Each measure is printed and written when it ends, so an
interrupted run keeps the measures before it; what could not be measured is on stderr.
"""

from __future__ import annotations

import sys

from bench import cells, channel, defects, facts, images, load, page, plugin, prober, verdicts, vm
from bench.result import Result, record, show
from upgradeproof.errors import UpgradeproofError

MEASURES = {
    "facts": facts.measure,
    "channel": channel.measure,
    "plugin": plugin.measure,
    "page": page.measure,
    "load": load.measure,
    "verdicts": verdicts.measure,
    "prober": prober.measure,
    "vm": vm.measure,
    "cells": cells.measure,
    "vm-cell": vm.measure_cell,
    "arm64-image": images.measure,
    "defects": defects.measure,
}
"""In the order of how long they take: minutes first, then hours."""


def main(wanted: list[str]) -> int:
    """Measure what is wanted, or everything, and return the exit status."""
    home = cells.home_of_the_checkout()
    results: list[Result] = []
    complete = True
    for name in wanted or MEASURES:
        before = len(results)
        print(f"bench: measuring {name}", file=sys.stderr, flush=True)
        try:
            results.extend(MEASURES[name](home))  # what was measured before a failure stays
        except (RuntimeError, UpgradeproofError) as error:
            complete = False
            print(f"{name}: not measured: {error}", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            complete = False
            print(f"{name}: interrupted", file=sys.stderr, flush=True)
            break
        finally:
            show(results[before:])
            record(results, home.reports / "bench.json")
    return 0 if complete and all(result.met for result in results) else 1


if unknown := set(sys.argv[1:]) - set(MEASURES):
    sys.exit(f"bench: unknown: {', '.join(sorted(unknown))}; there is: {', '.join(MEASURES)}")
sys.exit(main(sys.argv[1:]))
