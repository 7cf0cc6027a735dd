"""``make bench``: measure, print the table, write reports/out/bench.json; exit 1 on a miss."""

from __future__ import annotations

import sys

from bench import cells, channel
from bench.result import show

home = cells.home_of_the_checkout()
results = [*channel.measure(home), *cells.measure(home)]
show(results, home.reports / "bench.json")
sys.exit(0 if all(result.met for result in results) else 1)
