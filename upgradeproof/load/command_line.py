"""The command lines of Locust: pure, so that they can be read before anything is sent."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from upgradeproof.load.settings import VARIABLE, Settings
from upgradeproof.plan import Load

RECORDER = Path(__file__).with_name("recorder.py")
PYTHON = (sys.executable,)
SPARE_S = 5.0
"""Beyond the recorder's own end: Locust stops on its own even where the recorder does not."""
CONNECT_S = 30.0
"""What the workers get to find their master."""


def locust(
    load: Load,
    settings: Settings,
    locustfile: Path,
    *,
    url: str,
    master_port: int,
    python: Sequence[str] = PYTHON,
) -> list[str]:
    """Return the command that sends a load, or that leads those who send it."""
    words = [*python, "-m", "locust", "--headless", "-f", f"{RECORDER},{locustfile}"]
    words += ["--host", url, "--users", str(load.users), "--spawn-rate", f"{load.spawn_per_s:g}"]
    words += ["--run-time", f"{math.ceil(settings.total_s + SPARE_S)}s"]
    words += ["--exit-code-on-error", "0", "--only-summary", "--loglevel", "WARNING"]
    if load.workers or settings.generators > 1:
        words += ["--master-bind-host", "127.0.0.1", "--master-bind-port", str(master_port)]
        words += ["--expect-workers-max-wait", f"{CONNECT_S:g}"]
    if load.workers:
        words += ["--master", "--expect-workers", str(len(load.workers))]
    elif settings.generators > 1:
        words += ["--processes", str(settings.generators)]
        words += ["--master-host", "127.0.0.1", "--master-port", str(master_port)]
    return words


def worker(host: str, settings: Settings, *, port: int, master_port: int) -> list[str]:
    """Return the command that has another host send its part of a load.

    Both the machine's published port and the master stay on 127.0.0.1: ssh carries them to the
    loopback of the worker, and nothing is opened to a network.
    """
    asked = ["env", f"{VARIABLE}={settings.model_dump_json()}", "python3", "-m", "locust"]
    asked += ["-f", "-", "--worker", "--headless", "--loglevel", "WARNING"]
    asked += ["--master-host", "127.0.0.1", "--master-port", str(master_port)]
    words = ["ssh", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes"]
    for carried in (port, master_port):
        words += ["-R", f"{carried}:127.0.0.1:{carried}"]
    return [*words, host, shlex.join(asked)]
