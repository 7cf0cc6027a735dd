"""Collect the recordings of a load's processes, inside Locust, and write the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.runners import Runner

from upgradeproof.files import write_atomically
from upgradeproof.load.result import LoadResult, Recording
from upgradeproof.load.settings import Settings

POLL_S = 0.05
HAND_IN_S = 2.0
"""What a process gets to hand in its recording, after its last answer could come."""


class Collector:
    """Wait until every process has handed in its recording, or the wait times out."""

    def __init__(self, settings: Settings, runner: Runner) -> None:
        self._settings = settings
        self._runner = runner
        self._recordings: list[Recording] = []
        events.test_start.add_listener(lambda **_: gevent.spawn(self._collect))
        events.quitting.add_listener(self._write)

    def take(self, recording: Recording) -> None:
        """Take what one process recorded."""
        self._recordings.append(recording)

    def _collect(self) -> None:
        with gevent.Timeout(self._settings.total_s + HAND_IN_S, False):
            while len(self._recordings) < self._settings.generators:
                gevent.sleep(POLL_S)
        self._runner.quit()

    def _write(self, **_: Any) -> None:
        """Write the result atomically: a partial file must not look complete."""
        found = LoadResult(generators=self._settings.generators, recordings=tuple(self._recordings))
        write_atomically(Path(self._settings.result), found.model_dump_json())
