"""``make bench``: measure, print the table, write reports/out/bench.json; exit 1 on a miss.

``python -m bench channel cells vm vm-cell arm64-image`` measures only what is named.
"""

from __future__ import annotations

import sys

from bench import cells, channel, images, vm
from bench.result import show

MEASURES = {
    "channel": channel.measure,
    "cells": cells.measure,
    "vm": vm.measure,
    "vm-cell": vm.measure_cell,
    "arm64-image": images.measure,
}
wanted = sys.argv[1:] or list(MEASURES)
home = cells.home_of_the_checkout()
results = [result for name in wanted for result in MEASURES[name](home)]
show(results, home.reports / "bench.json")
sys.exit(0 if all(result.met for result in results) else 1)
