"""metrics.prom: the text that Prometheus's textfile collector or a Pushgateway takes."""

from __future__ import annotations

from pathlib import Path

from upgradeproof.extras import Extra, require
from upgradeproof.render.options import DEFAULT, Options
from upgradeproof.render.writing import write_text
from upgradeproof.results import Run

FORMAT = "prometheus"
FILE_NAME = "metrics.prom"
BY_DEFAULT = True
EXTRA = Extra.METRICS


def write(run: Run, folder: Path, *, options: Options = DEFAULT) -> Path:  # noqa: ARG001  # it needs none
    """Write ``folder/metrics.prom`` and return its path.

    Raises HarnessError when it can't, and ExtraError without the client library of Prometheus.
    """
    require(EXTRA)
    from upgradeproof.render.metrics import exposition  # noqa: PLC0415  # an extra

    return write_text(folder / FILE_NAME, exposition(run))
