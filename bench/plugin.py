"""What a pytest run without a plan pays for the plugin: its import, and the whole process."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.result import Result
from upgradeproof.home import Home

PAIRS = 15
LIMIT_S = 0.1
IMPORTED = re.compile(r"^import time:\s*\d+ \|\s*(\d+) \| upgradeproof\.plugin$", re.MULTILINE)


def measure(_home: Home) -> list[Result]:
    """Take turns in the order A B B A, so that drift in one direction meets both alike."""
    samples: dict[str, list[float]] = {"with": [], "without": []}
    with tempfile.TemporaryDirectory(prefix="upgradeproof-bench-") as scratch:
        folder = Path(scratch)
        (folder / "test_it.py").write_text("def test_a(): pass\n", encoding="utf-8")
        for turn in range(PAIRS):
            for what in sorted(samples, reverse=turn % 2 == 0):
                words = ("-p", "no:upgradeproof") if what == "without" else ()
                samples[what].append(_run_s(folder, *words))
    cost = [ours - other for ours, other in zip(*samples.values(), strict=True)]
    return [
        Result.seconds("import of the plugin", _import_s(), below=LIMIT_S),
        Result.seconds("pytest without a plan, with and without the plugin", cost, below=LIMIT_S),
    ]


def _run_s(folder: Path, *words: str) -> float:
    """Return the seconds of a pytest process in a folder without a plan."""
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    started = time.perf_counter()
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started


def _import_s() -> list[float]:
    """Return the seconds of the plugin's import, pytest itself being imported."""
    argv = [sys.executable, "-X", "importtime", "-c", "import pytest; import upgradeproof.plugin"]
    runs = [subprocess.run(argv, check=True, capture_output=True, text=True) for _ in range(PAIRS)]
    return [int(found[1]) / 1e6 for run in runs if (found := IMPORTED.search(run.stderr))]
