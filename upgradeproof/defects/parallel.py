"""Jobs that run in parallel and end together."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from typing import TextIO, TypeVar

from upgradeproof.command import Commands
from upgradeproof.machines.backends import remove_left_machines

PATIENCE_S = 30.0
"""How long an interrupted pytest may take to remove its machines itself."""

T = TypeVar("T")

log = logging.getLogger(__name__)


def run_all(
    jobs: Sequence[Callable[[], T]],
    workers: int,
    commands: Commands,
    *,
    clear_up: Callable[[], None],
) -> Generator[T, None, None]:
    """Yield what the jobs return, as they end; they are begun in their order.

    A stop before the last one (Ctrl-C, SIGTERM, an error) stops them all: no other job is begun,
    and those that run are ended. ``clear_up`` removes what any of them could not.
    """
    with ThreadPoolExecutor(workers) as pool, _terminated_like_interrupted():
        try:
            for future in as_completed([pool.submit(job) for job in jobs]):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            commands.end(PATIENCE_S)
            raise
        finally:  # also of one that was killed at its time limit, and was the last
            clear_up()


def try_all(
    jobs: Sequence[Callable[[], T]],
    workers: int,
    commands: Commands,
    *,
    out: TextIO,
    take: Callable[[T], str],
    clear_up: Callable[[], None],
) -> None:
    """Run jobs in parallel, and print the line that ``take`` returns of each as it ends.

    An interruption ends it early, and is printed: what was taken until then counts.
    """
    try:
        with closing(run_all(jobs, workers, commands, clear_up=clear_up)) as ended:
            for each in ended:
                out.write(take(each) + "\n")
                out.flush()
    except KeyboardInterrupt:
        out.write("interrupted\n")


def remove_machines() -> None:
    """Remove the machines of processes that are gone; where that fails it is only logged."""
    for error in remove_left_machines():
        log.warning("machines are left: %s", error)


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
