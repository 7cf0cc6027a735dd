"""The catalogue of defects on two workers, and what emulation costs a cell of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from statistics import median

from bench.cells import pytest
from bench.result import Result
from upgradeproof.defects import Detection
from upgradeproof.home import Home

MAIN = "import sys; from upgradeproof.cli import main; sys.exit(main())"
CELLS = "*-amd64.container.*"
WHOLE_S = 900.0
NATIVE = "debian-12-amd64.container.lighthouse-1.2.7-to-1.2.8"
EMULATED = "debian-12-arm64.container.lighthouse-1.2.7-to-1.2.8"


def measure(home: Home) -> list[Result]:
    """Measure the whole catalogue on amd64 containers, then one cell under emulation."""
    return [*_catalogue(home), _emulated()]


def _catalogue(home: Home) -> list[Result]:
    """Build every state anew, in a cache of its own: a kept upgrade would cost nothing."""
    with tempfile.TemporaryDirectory(prefix="upgradeproof-bench-") as scratch:
        done = subprocess.run(
            [
                *(sys.executable, "-c", MAIN),
                *("defects", "--workers=2", f"--cell={CELLS}"),
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
    each = [trial.duration_s for trial in found.trials if trial.duration_s is not None]
    return [
        Result(
            name=f"the catalogue, {len(each)} trials on two workers",
            ours=f"{found.duration_s:.0f} s",
            other="-",
            value=found.duration_s,
            unit="s",
            target=f"< {WHOLE_S:g} s",
            met=found.duration_s < WHOLE_S,
            samples={"whole": [found.duration_s]},
        ),
        Result(
            name="one defect of it, median",
            ours=f"{median(each):.1f} s",
            other="-",
            value=median(each),
            unit="s",
            target="-",
            met=True,
            samples={"defects": each},
        ),
    ]


def _emulated() -> Result:
    """Run a fresh cell on this host's own architecture and the same under emulation."""
    native = pytest("--fresh", f"--cell={NATIVE}")
    emulated = pytest("--fresh", f"--cell={EMULATED}")
    return Result(
        name="fresh cell of own packages, arm64 beside amd64",
        ours=f"{emulated:.1f} s (arm64)",
        other=f"{native:.1f} s (amd64)",
        value=emulated / native,
        unit="x the time",
        target="-",
        met=True,
        samples={"arm64": [emulated], "amd64": [native]},
    )
