"""Record a load from inside Locust, which loads this file and the users' own: ``-f``.

Importing it patches the standard library, as Locust itself does: nothing of the engine may.
"""

from __future__ import annotations

import functools
import os
import ssl
import tempfile
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import IO, Any

import gevent
from gevent.resolver.thread import Resolver
from locust import FastHttpUser, User, constant, events
from locust.clients import HttpSession
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from upgradeproof.load.arrivals import Arrivals
from upgradeproof.load.collector import Collector
from upgradeproof.load.kinds import kind, no_answer
from upgradeproof.load.result import Recording
from upgradeproof.load.settings import VARIABLE, Settings
from upgradeproof.load.tally import Tally

TICK_S = 0.01
"""How often the generator looks at how late it is."""
LET_GO_S = 0.5
"""How much longer than a client's own limit a task may take: the client ends in order then."""
MESSAGE = "upgradeproof-recording"

Task = Callable[[User], None]


class UnansweredError(BaseException):
    """A task took too long; not a kind of Exception, so that no client takes it for an answer."""


class Loopback(Resolver):  # type: ignore[misc]  # gevent ships no types
    """Resolve every name to this host: a load is sent to published ports alone."""

    def getaddrinfo(self, host: Any, port: Any, *more: Any, **named: Any) -> Any:  # noqa: ARG002
        """Return the addresses of 127.0.0.1, whatever was asked for."""
        return super().getaddrinfo("127.0.0.1", port, *more, **named)


@dataclass
class Visit:
    """One task of one user, in progress."""

    late_s: float
    """By how much it began after it was due; the wait of its first request."""
    measured: bool


_VISIT: ContextVar[Visit | None] = ContextVar("visit", default=None)


class RequestRecorder:
    """Carry out the tasks of one process's users, and count their results."""

    def __init__(
        self, settings: Settings, share: Callable[[], int], deliver: Callable[[Recording], None]
    ) -> None:
        """Know what to do: ``share`` is this process's number, and is known when a test starts."""
        self._settings = settings
        self._share = share
        self._deliver = deliver
        self._ca = _file(settings.ca) if settings.ca else None
        self._trust = ssl.create_default_context(cadata=settings.ca or None)
        self._in_flight = 0
        self._tally = Tally(0, 0)
        self._arrivals: Arrivals | None = None

    def start(self, **_: Any) -> None:
        """Begin: from now on tasks are due."""
        settings, now = self._settings, time.perf_counter()
        opens_at = now + settings.warm_up_s
        self._tally = Tally(opens_at, opens_at + settings.duration_s)
        if settings.rate_per_s is not None:
            self._arrivals = Arrivals(
                begins_at=now,
                ends_at=self._tally.closes_at,
                rate_per_s=settings.rate_per_s,
                share=self._share(),
                shares=settings.generators,
            )
        gevent.spawn(self._watch)
        gevent.spawn(self._measure)

    def prepare(self, users: type[User]) -> None:
        """Carry out a class's tasks, with limits and the certificates of the load."""
        users.tasks = [self._watched(task) for task in users.tasks]
        if self._settings.rate_per_s is not None:
            users.wait_time = constant(0)
        if issubclass(users, FastHttpUser):
            limit_s = self._settings.answer_timeout_s
            users.network_timeout = users.connection_timeout = limit_s
            users.insecure = False
            users.ssl_context_factory = staticmethod(self._trusting)

    def request(
        self, response_time: float, exception: BaseException | None, response: Any = None, **_: Any
    ) -> None:
        """Count one request of a task that is measured; ``response_time`` is in milliseconds."""
        visit = _VISIT.get()
        if visit is None or not visit.measured:
            return
        late_s, visit.late_s = visit.late_s, 0.0
        status = getattr(response, "status_code", None)
        if exception is None:
            self._tally.answer(response_time / 1000 + late_s, status)
        else:
            self._tally.failure(kind(exception, status), status)

    def error(self, exception: BaseException, **_: Any) -> None:
        """Note an exception that left a task."""
        self._tally.error(kind(exception))

    def _watched(self, task: Any) -> Task:
        if hasattr(task, "tasks"):
            raise SystemExit(f"{task.__name__} is a set of tasks: write tasks of the user itself")

        @functools.wraps(task)
        def visit(user: User) -> None:
            due = self._wait_until_due()
            if isinstance(client := getattr(user, "client", None), HttpSession):
                client.verify = self._ca.name if self._ca else True
            self._carry_out(task, user, due)

        return visit

    def _wait_until_due(self) -> float:
        """Return when a task is due, not before then: in the closed model that is now."""
        if self._arrivals is None:
            return time.perf_counter()
        due = self._arrivals.take()
        while due is None:
            gevent.sleep(self._settings.total_s)
        gevent.sleep(max(0.0, due - time.perf_counter()))
        return due

    def _carry_out(self, task: Task, user: User, due: float) -> None:
        measured = self._tally.covers(due)
        _VISIT.set(Visit(late_s=time.perf_counter() - due, measured=measured))
        self._in_flight += measured
        limit_s = self._settings.answer_timeout_s
        try:
            with gevent.Timeout(limit_s + LET_GO_S, UnansweredError):
                task(user)
        except UnansweredError:
            if measured:
                self._tally.failure(no_answer(limit_s))
        finally:
            self._in_flight -= measured
            _VISIT.set(None)

    def _watch(self) -> None:
        """Look at how late this process is for a moment that it knew beforehand."""
        while (now := time.perf_counter()) < self._tally.closes_at:
            gevent.sleep(TICK_S)
            woken = time.perf_counter()
            if self._tally.covers(now) or self._tally.covers(woken):
                self._tally.delay(woken - now - TICK_S, every_s=TICK_S)

    def _measure(self) -> None:
        """Wait for the end and for the last answers, then hand in what was counted."""
        tally, settings = self._tally, self._settings
        gevent.sleep(max(0.0, tally.opens_at - time.perf_counter()))
        cpu_s = time.process_time()
        gevent.sleep(max(0.0, tally.closes_at - time.perf_counter()))
        cpu_s = time.process_time() - cpu_s
        last_at = tally.closes_at + settings.answer_timeout_s
        while (self._in_flight or self._unsent) and time.perf_counter() < last_at:
            gevent.sleep(TICK_S)
        limit = no_answer(settings.answer_timeout_s)
        for count in filter(None, (self._in_flight, self._unsent)):
            tally.failure(limit, times=count)
        self._deliver(tally.recording(cpu_s))

    @property
    def _unsent(self) -> int:
        return self._arrivals.left if self._arrivals else 0

    def _trusting(self, **_: object) -> ssl.SSLContext:
        """Return what all users trust, made once; the client's own store of authorities is not."""
        return self._trust


def _file(text: str) -> IO[str]:
    """Return a file that holds a text, for a caller that needs a path; closing removes it."""
    file = tempfile.NamedTemporaryFile("w", suffix=".pem")  # noqa: SIM115  # it stays open
    file.write(text)
    file.flush()
    return file


def begin(environment: Environment, **_: Any) -> None:
    """Take part in Locust: record in the processes with users, collect in the master."""
    settings = Settings.model_validate_json(os.environ[VARIABLE])
    runner = environment.runner
    assert runner is not None  # noqa: S101  # it is there when this event is fired
    gevent.get_hub().resolver = Loopback()
    if isinstance(runner, MasterRunner):
        collector = Collector(settings, runner)
        runner.register_message(
            MESSAGE, lambda msg, **_: collector.take(Recording.model_validate(msg.data))
        )
        return
    if isinstance(runner, WorkerRunner):
        worker = runner
        recorder = RequestRecorder(
            settings,
            lambda: worker.worker_index,
            lambda found: worker.send_message(MESSAGE, found.model_dump()),
        )
    else:
        recorder = RequestRecorder(settings, lambda: 0, Collector(settings, runner).take)
    for users in environment.user_classes:
        recorder.prepare(users)
    events.test_start.add_listener(recorder.start)
    events.request.add_listener(recorder.request)
    events.user_error.add_listener(recorder.error)


events.init.add_listener(begin)
