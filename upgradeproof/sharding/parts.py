"""One part of a run as its folder shows it: which shard it is, and whether it is whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from upgradeproof.results import ShardOf
from upgradeproof.results.journal import CellDeclared, Event, RunFinished, RunStarted, parse
from upgradeproof.results.reading import read

_WANTED = (b'"run_started"', b'"run_finished"', b'"cell_declared"')


@dataclass(frozen=True, kw_only=True)
class Part:
    """What the journals of one folder state of themselves."""

    folder: Path
    runs: frozenset[str]
    """The ids of the runs that have a journal there."""
    shards: frozenset[ShardOf | None]
    """The shards that they are of; None: a run without shards."""
    cells: frozenset[str]
    """Those that were selected."""
    truncated: str
    """Why it is not whole; empty: it is."""

    @property
    def shard(self) -> ShardOf | None:
        """Return the one shard that the folder holds, if it does."""
        return next(iter(self.shards)) if len(self.shards) == 1 and len(self.runs) == 1 else None


def read_part(folder: Path) -> Part:
    """Return what a folder holds. Raises HarnessError where its journals can't be read."""
    contents = {path.name: read(path) for path in sorted(folder.glob("journal/*.jsonl"))}
    events = list(_events(contents.values()))
    started = [event for event in events if isinstance(event, RunStarted)]
    finished = [event for event in events if isinstance(event, RunFinished)]
    return Part(
        folder=folder,
        runs=frozenset(event.run_id for event in started),
        shards=frozenset(event.shard for event in started),
        cells=frozenset(
            event.cell for event in events if isinstance(event, CellDeclared) and event.selected
        ),
        truncated=_truncated(contents, finished),
    )


def _events(contents: Iterable[bytes]) -> Iterable[Event]:
    for content in contents:
        lines = content.splitlines()
        yield from parse(line for line in lines if any(word in line for word in _WANTED))


def _truncated(contents: dict[str, bytes], finished: Sequence[RunFinished]) -> str:
    """Return why a part is not whole, by the first sign of it."""
    for name, content in contents.items():
        if not content.endswith(b"\n"):
            return f"the last line of {name} is cut off"
    for name, size in (item for event in finished for item in event.journals.items()):
        there = len(contents.get(name, b""))
        if there < size:
            return f"{name} has {there:,} of {size:,} bytes"
    return "" if finished else "its run did not end"
