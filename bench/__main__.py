"""``make bench``: measure, print the table, write reports/out/bench.json; exit 1 on a miss.

``python -m bench channel facts plugin cells prober vm vm-cell arm64-image defects load page
verdicts`` measures only what is named. What could not be measured is printed on stderr; the
rest is measured anyway.
"""

from __future__ import annotations

import sys

from bench import cells, channel, defects, facts, images, load, page, plugin, prober, verdicts, vm
from bench.result import Result, show
from upgradeproof.errors import UpgradeproofError

MEASURES = {
    "channel": channel.measure,
    "cells": cells.measure,
    "facts": facts.measure,
    "plugin": plugin.measure,
    "prober": prober.measure,
    "vm": vm.measure,
    "vm-cell": vm.measure_cell,
    "arm64-image": images.measure,
    "defects": defects.measure,
    "load": load.measure,
    "page": page.measure,
    "verdicts": verdicts.measure,
}
wanted = sys.argv[1:] or list(MEASURES)
home = cells.home_of_the_checkout()
results: list[Result] = []
failures: list[str] = []
for name in wanted:
    try:
        results.extend(MEASURES[name](home))  # what was measured before a failure stays
    except (RuntimeError, UpgradeproofError) as error:
        failures.append(f"{name}: not measured: {error}")
show(results, home.reports / "bench.json")
for failure in failures:
    print(failure, file=sys.stderr)
sys.exit(0 if not failures and all(result.met for result in results) else 1)
