"""The prober's process: ``python -m gevent.monkey --module upgradeproof.prober.process``.

gevent's monkey has made the standard library's sockets cooperative before anything is imported.
What is asked stays in memory until the end: the disk is busy with the upgrade.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path

import gevent
from gevent.os import make_nonblocking, nb_read

from upgradeproof.prober.asker import DIGITS, Asker
from upgradeproof.prober.clients import HOST, trust
from upgradeproof.prober.orders import BEGAN, Orders, Question
from upgradeproof.prober.recording import Recording, Stall

SPARE_S = 20.0
"""What writing the recordings may take on a busy host; less than ``Prober.end`` waits."""
TICK_S = 0.01
"""How often the prober looks at how late it is itself."""
MIN_STALL_S = 0.025
"""A shorter one is not noted: two busy processors wake a process 3.5 to 21 ms late."""


class Loopback:
    """Resolve every name to this host at once: only published ports are asked."""

    def getaddrinfo(self, host: object, port: int, *more: object) -> list[tuple[object, ...]]:  # noqa: ARG002  # gevent's
        """Return the address of 127.0.0.1, whatever was asked for."""
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (HOST, port))]

    def close(self) -> None:
        """Hold nothing."""


class Process:
    """Ask as ordered, until the process that gave the orders closes our input or ends."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._askers = {question.recording: _askers(question) for question in orders.questions}
        self._every = [asker for askers in self._askers.values() for asker in askers]
        self._stalls: list[Stall] = []
        self._began_at = 0.0

    def run(self) -> None:
        """Send the requests, and write the recordings."""
        self._end_in(self._orders.warm_up_s + self._orders.longest_s)
        warm_at = time.monotonic() + self._orders.warm_up_s
        self._together(lambda asker: asker.warm_up(warm_at))
        self._began_at = time.monotonic()
        os.write(sys.stdout.fileno(), BEGAN + b"\n")
        watching, listening = gevent.spawn(self._watch), gevent.spawn(_listen)
        longest_s = self._orders.longest_s
        asking = gevent.spawn(self._together, lambda asker: asker.run(self._began_at, longest_s))
        listening.join(longest_s)
        on_request = listening.ready()
        self._end_in(self._orders.linger_s if on_request else 0)
        if on_request:
            self._linger()
        for asker in self._every:
            asker.stop()
        lasted_s = time.monotonic() - self._began_at
        asking.join()
        gevent.killall([watching, listening])
        for path, askers in self._askers.items():
            samples = [sample for asker in askers for sample in asker.samples]
            Recording(
                began_at=self._began_at,
                lasted_s=round(lasted_s, DIGITS),
                ended_on_request=on_request,
                samples=tuple(sorted(samples, key=lambda sample: sample.due_s)),
                stalls=tuple(self._stalls),
            ).write(Path(path))

    def _end_in(self, seconds: float) -> None:
        """Set an alarm that ends the process after that and the last answers, whatever hangs."""
        last_s = max(question.timeout_s for question in self._orders.questions)
        signal.alarm(math.ceil(seconds + last_s + SPARE_S))

    def _together(self, do: Callable[[Asker], None]) -> None:
        """Run a function of every asker at the same time, and wait for the last of them."""
        gevent.joinall([gevent.spawn(do, asker) for asker in self._every])

    def _linger(self) -> None:
        """Go on until every endpoint answers well again, within the limit ``linger_s``."""
        asked_s = time.monotonic() - self._began_at
        while not all(asker.is_well_since(asked_s) for asker in self._every):
            gevent.sleep(TICK_S)
            if time.monotonic() - self._began_at > asked_s + self._orders.linger_s:
                break

    def _watch(self) -> None:
        """Look at how late this process is for a moment that it knew beforehand."""
        while True:
            expected = time.monotonic() + TICK_S
            gevent.sleep(TICK_S)
            late_s = time.monotonic() - expected
            if late_s > MIN_STALL_S:
                began_s = expected - self._began_at
                self._stalls.append(Stall(round(began_s, DIGITS), round(late_s, DIGITS)))


def _askers(question: Question) -> tuple[Asker, Asker]:
    try:
        checked_by = trust(question)
    except (ssl.SSLError, ValueError) as error:
        raise SystemExit(f"{question.endpoint.ca} holds no certificate in PEM: {error}") from None
    return Asker(question, "kept", checked_by), Asker(question, "new", checked_by)


def _listen() -> None:
    """Wait for the end of the input: its writer has closed it or has ended."""
    make_nonblocking(sys.stdin.fileno())
    while nb_read(sys.stdin.fileno(), 1):
        pass


def main() -> None:
    """Take the orders from the first line of the input, and carry them out."""
    line = sys.stdin.buffer.readline()
    if not line:
        return  # the process that started this one has ended without orders
    orders = Orders.model_validate_json(line)
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    gevent.get_hub().resolver = Loopback()
    # An unexpected error in one greenlet ends the process with a message: no recording is partial.
    gevent.get_hub().SYSTEM_ERROR = (Exception, KeyboardInterrupt, SystemExit)
    Process(orders).run()


if __name__ == "__main__":
    main()
