"""Ask one endpoint over one kind of connection, each request when it is due (by gevent)."""

from __future__ import annotations

import ssl
import time

import gevent
from gevent.pool import Pool

from upgradeproof.load.arrivals import Arrivals
from upgradeproof.load.kinds import kind, no_answer
from upgradeproof.prober.clients import FAULTS, Client, client
from upgradeproof.prober.orders import TOO_LATE_S, Question
from upgradeproof.prober.recording import Sample
from upgradeproof.results.load import Connection

IDLE_S = 1.0
"""A connection without a request for so long is closed: servers close idle connections at any time,
and that proves nothing about the upgrade."""
DIGITS = 5
"""Of seconds: hundredths of a millisecond."""


class UnansweredError(BaseException):
    """A request took too long; not a kind of Exception, so that no client takes it for a fault."""


class Asker:
    """Send requests at a fixed rate, regardless of the results of earlier ones."""

    def __init__(
        self, question: Question, connection: Connection, trust: ssl.SSLContext | None
    ) -> None:
        """Know what to ask; requests are due over connections of both kinds in turns."""
        self._question = question
        self._connection: Connection = connection
        self._share = ("kept", "new").index(connection)
        self._trust = trust
        self._ports = list(question.ports)
        self._idle: list[tuple[int, float, Client]] = []
        """Port, when it was used, connection: the last one is that which was used last."""
        self._in_flight = Pool(question.max_in_flight)
        self._began_at = 0.0
        self._stopped = False
        self.samples: list[Sample] = []
        self._good_until = 0.0
        self._bad_until = 0.0
        """When the last request was due that was, or was not, answered well and in time, in seconds
        since it began."""

    def warm_up(self, until: float) -> None:
        """Ask until it answers well for the first time, or until a moment of the clock."""
        while self._asked(until - time.monotonic()) and time.monotonic() < until:
            gevent.sleep(1 / self._question.rate_per_s)

    def stop(self) -> None:
        """Ask no more from now on."""
        self._stopped = True

    def run(self, began_at: float, longest_s: float) -> None:
        """Ask until it is stopped, then wait for the answers that are still to come."""
        self._began_at = began_at
        moments = Arrivals(
            begins_at=began_at,
            ends_at=began_at + longest_s,
            rate_per_s=self._question.rate_per_s,
            share=self._share,
            shares=2,
        )
        while (due := moments.take()) is not None:
            gevent.sleep(max(0.0, due - time.monotonic()))
            if self._stopped:
                break
            if self._in_flight.full():
                self._note(due, None, f"not sent: {self._in_flight.size} requests were unanswered")
            else:
                self._in_flight.spawn(self._ask, due)
        self._in_flight.join()

    def _ask(self, due: float) -> None:
        late_s = time.monotonic() - due
        if late_s > TOO_LATE_S:
            self._note(due, None, "not sent: the prober was late itself")
        else:
            self._note(due, late_s, self._asked(self._question.timeout_s - late_s))

    def _note(self, due: float, late_s: float | None, failure: str) -> None:
        due_s, latency_s = due - self._began_at, time.monotonic() - due
        sent_s = None if late_s is None else round(late_s, DIGITS)
        self.samples.append(
            Sample(
                self._connection, round(due_s, DIGITS), sent_s, round(latency_s, DIGITS), failure
            )
        )
        if failure or latency_s * 1000 > self._question.answer_timeout_ms:
            self._bad_until = max(self._bad_until, due_s)
        else:
            self._good_until = max(self._good_until, due_s)

    def is_well_since(self, moment_s: float) -> bool:
        """Return whether the last request, due at a moment or later, was answered well and in time.

        The moment is in seconds since it began.
        """
        return self._good_until >= max(moment_s, self._bad_until)

    def _asked(self, limit_s: float) -> str:
        """Ask once, and return why it was not answered well, or ""."""
        try:
            with gevent.Timeout(max(0.0, limit_s), UnansweredError):
                return self._answered()
        except UnansweredError:
            return no_answer(self._question.timeout_s)

    def _answered(self) -> str:
        """Ask the port that answered last, then the other one; return the first failure."""
        failures = []
        for port in tuple(self._ports):
            failure = self._answered_at(port)
            if not failure:
                self._ports.remove(port)
                self._ports.insert(0, port)
                return ""
            failures.append(failure)
        return failures[0]

    def _answered_at(self, port: int) -> str:
        asked = self._client(port)
        try:
            failure = asked.ask()
        except FAULTS as error:
            asked.close()
            return kind(error)
        except UnansweredError:
            asked.close()
            raise
        if self._connection == "kept":
            self._idle.append((port, time.monotonic(), asked))
        else:
            asked.close()
        return failure

    def _client(self, port: int) -> Client:
        """Return the connection that was used last, if it is in use still, or another one."""
        while self._idle:
            known, used_at, idle = self._idle.pop()
            if known == port and time.monotonic() - used_at < IDLE_S:
                return idle
            idle.close()
        return client(self._question.endpoint, port, self._trust)
