"""The catalogue of defects by three workers, and what emulation costs a cell of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from bench.cells import pytest
from bench.result import Result
from upgradeproof.defects import Detection
from upgradeproof.home import Home

MAIN = "import sys; from upgradeproof.cli import main; sys.exit(main())"
CELLS = "debian-*-amd64.container.*"
WHOLE_S = 900.0
WORKERS = 3
"""One more than the cores of the host that it was measured on: half of a trial is waiting."""
NATIVE = "debian-12-amd64.container.lighthouse-1.2.7-to-1.2.8"
EMULATED = "debian-12-arm64.container.lighthouse-1.2.7-to-1.2.8"


def measure(home: Home) -> list[Result]:
    """Measure the whole catalogue on amd64 containers, then one cell under emulation."""
    return [*_catalogue(home), _emulated()]


def _catalogue(home: Home) -> list[Result]:
    """Build every state again, in a cache of its own: a cached upgrade would cost nothing."""
    with tempfile.TemporaryDirectory(prefix="upgradeproof-bench-") as scratch:
        done = subprocess.run(
            [
                *(sys.executable, "-c", MAIN),
                *("defects", f"--workers={WORKERS}", f"--cell={CELLS}"),
            ],
            cwd=home.root,
            env={**os.environ, "UPGRADEPROOF_CACHE": scratch},
            capture_output=True,
            text=True,
            check=False,
        )
    record = home.reports / "defects.json"
    found = Detection.model_validate_json(record.read_bytes()) if record.is_file() else None
    if done.returncode != 0 or found is None or not found.good:
        raise RuntimeError(f"not every defect was caught:\n{(done.stdout + done.stderr)[-3000:]}")
    title = f"the catalogue, {len(found.trials)} trials by {WORKERS} workers"
    each = [trial.duration_s for trial in found.trials if trial.duration_s is not None]
    return [
        Result.seconds(title, [found.duration_s], below=WHOLE_S),
        Result.seconds("one defect of it, median", each),
    ]


def _emulated() -> Result:
    """Run a fresh cell on this host's own architecture and the same under emulation."""
    native = pytest("--upgradeproof-fresh", f"--upgradeproof-cell={NATIVE}")
    emulated = pytest("--upgradeproof-fresh", f"--upgradeproof-cell={EMULATED}")
    return Result.overhead(
        "fresh cell of own packages", ("arm64, emulated", [emulated]), ("amd64", [native])
    )
