"""An outage: the backend of a service is cut off and restored, while clients send requests."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from upgradeproof.endpoints import Answer
from upgradeproof.errors import HarnessError, NotReadyError, UpgradeproofError
from upgradeproof.machines import Machine
from upgradeproof.plan import Degradation, Endpoint
from upgradeproof.runner.readiness import patience_s
from upgradeproof.runner.state import State

POLL_S = 0.2
MISSING_REQUESTS = 20
"""Requests for what does not exist: several times what opens any circuit breaker."""
MAX_SHOWN = 300
RECEIVER = "/run/upgradeproof-webhook.py"
RECEIVED = "/run/upgradeproof-webhook.jsonl"
_START = f"""
command -v python3 >/dev/null || {{ echo 'there is no python3'; exit 1; }}
rm -f {RECEIVED}
systemd-run --quiet --collect --unit=upgradeproof-webhook --service-type=notify \
  python3 -B {RECEIVER} "$port" {RECEIVED} ||
  {{ journalctl --no-pager -n 20 -u upgradeproof-webhook; exit 1; }}
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The last answer that a client got, and what it was to be."""

    when: str
    expected: Endpoint
    answer: Answer
    waited_s: float
    limit_s: float

    @property
    def fits(self) -> bool:
        """Return whether it is what the plan expects, and came in time."""
        return self.answer.fits(self.expected) and self.waited_s <= self.limit_s

    def __str__(self) -> str:
        """Return what was asked, what came and what was expected."""
        asked, answer = self.expected, self.answer
        came = answer.problem or f"status {answer.status}, {answer.body[:MAX_SHOWN]!r}"
        return (
            f"{asked.path} of {asked.id}, {self.when}, gave after {self.waited_s:.1f} s: {came}; "
            f"expected within {self.limit_s:g} s: status {asked.status}"
            f"{f', that contains {asked.contains!r}' if asked.contains else ''}"
        )


@dataclass(frozen=True, kw_only=True)
class Alerted:
    """What the webhook received, and what one of its alerts was to contain."""

    text: str
    alerts: Sequence[str]

    @property
    def once(self) -> bool:
        """Return whether just one alert contains the text."""
        return self._count == 1

    @property
    def _count(self) -> int:
        return sum(self.text in alert for alert in self.alerts)

    def __str__(self) -> str:
        """Return what came and what was expected."""
        got = ", ".join(repr(alert[:MAX_SHOWN]) for alert in self.alerts) or "nothing"
        return (
            f"{self._count} alerts hold {self.text!r}, and one was expected; the webhook got {got}"
        )


@dataclass(frozen=True, kw_only=True)
class Outage:
    """What clients and the webhook received, from before the outage until after its end."""

    not_found: Seen
    """The answer for a missing path: the first of many that was not 404, or the last."""
    after_not_found: Seen
    degraded: Seen
    recovered: Seen
    raised: Alerted
    """The alert; where the plan names none, nothing was waited for."""
    cleared: Alerted


class Outages:
    """The outages of one cell, each on a machine of its own, and carried out once."""

    def __init__(
        self,
        state: State,
        clone: Callable[[], AbstractContextManager[Machine]],
        receiver: bytes,
    ) -> None:
        """Know the state, what makes a machine in it, and the program that receives alerts."""
        self._state = state
        self._clone = clone
        self._receiver = receiver
        self._seen: dict[str, Outage | UpgradeproofError] = {}

    def of(self, degradation: Degradation) -> Outage:
        """Return what is observed when this backend is cut off and restored.

        Raises NotReadyError when the service gives no whole answer beforehand, HarnessError when
        the plan's commands or the webhook's receiver fail, or the plan does not distinguish both
        answers: nothing is known of the product then. An error is raised again for every check.
        """
        if degradation.id not in self._seen:
            try:
                with self._clone() as machine:
                    course = _Course(self._state.on(lambda: machine), degradation)
                    self._seen[degradation.id] = course.run(self._receiver)
            except UpgradeproofError as error:
                self._seen[degradation.id] = error
        seen = self._seen[degradation.id]
        if isinstance(seen, UpgradeproofError):
            raise seen
        return seen


class _Course:
    """One outage, from beginning to end."""

    def __init__(self, state: State, degradation: Degradation) -> None:
        self._state = state
        self._plan = degradation
        self._within_s = patience_s(state.machine, degradation.within_s)
        self._whole = next(e for e in state.cell.expect.endpoint if e.id == degradation.endpoint)

    def run(self, receiver: bytes) -> Outage:
        """Carry out the outage; a fault of the service during it is recorded and ends nothing."""
        plan, alert = self._plan, self._plan.alert
        if alert:
            self._start(receiver, alert.webhook_port)
        self._require_whole()
        not_found = self._refused()
        after_not_found = self._ask("after requests for what there is not", self._whole)
        self._do("cut", plan.cut)
        degraded = self._until("with its backend cut off", plan.degraded(self._whole))
        if alert:
            self._wait_for(alert.raised)
        self._do("restore", plan.restore)
        recovered = self._until("with its backend back", self._whole)
        if alert:
            self._wait_for(alert.cleared)
        alerts = self._alerts()
        return Outage(
            not_found=not_found,
            after_not_found=after_not_found,
            degraded=degraded,
            recovered=recovered,
            raised=Alerted(text=alert.raised if alert else "", alerts=alerts),
            cleared=Alerted(text=alert.cleared if alert else "", alerts=alerts),
        )

    def _require_whole(self) -> None:
        before = self._ask("before anything is cut off", self._whole)
        if not before.fits:
            raise NotReadyError("there is nothing to cut off", details=str(before))
        if before.answer.fits(self._plan.degraded(self._whole)):
            raise HarnessError(
                f"the degradation {self._plan.id!r} can't be distinguished from a whole answer",
                details=str(before),
                resolution="`contains` must be a text that only degraded answers contain",
            )

    def _refused(self) -> Seen:
        """Ask for a missing path many times, and return the first answer that is not 404."""
        missing = self._plan.missing(self._whole)
        seen = [self._ask("where there is nothing", missing) for _ in range(MISSING_REQUESTS)]
        return next((one for one in seen if not one.fits), seen[-1])

    def _ask(self, when: str, expected: Endpoint) -> Seen:
        began = time.monotonic()
        answer = self._state.ask(expected)
        return Seen(
            when=when,
            expected=expected,
            answer=answer,
            waited_s=time.monotonic() - began,
            limit_s=self._within_s,
        )

    def _until(self, when: str, expected: Endpoint) -> Seen:
        """Ask until the answer is the expected one, or the time is over."""
        began = time.monotonic()
        while True:
            seen = self._ask(when, expected)
            waited_s = time.monotonic() - began
            if seen.answer.fits(expected) or waited_s >= self._within_s:
                return replace(seen, waited_s=waited_s)
            time.sleep(POLL_S)

    def _wait_for(self, text: str) -> None:
        """Go on asking until an alert holds the text, or the time is over.

        A service learns of its backend from requests alone: without them nothing opens a breaker.
        """
        ends_at = time.monotonic() + self._within_s
        while time.monotonic() < ends_at and not any(text in alert for alert in self._alerts()):
            self._state.ask(self._whole)
            time.sleep(POLL_S)

    def _alerts(self) -> Sequence[str]:
        written = self._state.machine.run(f"cat {RECEIVED} 2>/dev/null").stdout
        whole = written[: written.rfind(b"\n") + 1]  # the last line may be half-written
        return [_text(line) for line in whole.splitlines()]

    def _start(self, receiver: bytes, port: int) -> None:
        self._state.machine.put(receiver, RECEIVER)
        done = self._state.machine.run(f"port={port}\n{_START}")
        if not done.ok:
            raise HarnessError(
                f"no webhook can be set up on port {port} of {self._state.machine.name}",
                details=done.tail,
                resolution="`webhook_port` must be free on the machine, and python3 installed",
            )

    def _do(self, key: str, script: str) -> None:
        done = self._state.machine.run(f"set -e\n{script}")
        if not done.ok:
            raise HarnessError(
                f"`{key}` of the degradation {self._plan.id!r} failed with exit status "
                f"{done.exit_status}",
                details=done.tail,
                resolution=f"try it by hand on the machine: {shlex.quote(script.strip())}",
            )


def _text(line: bytes) -> str:
    """Return the body of an alert; what is no JSON was not written by the receiver."""
    try:
        return str(json.loads(line))
    except ValueError:
        return line.decode("utf-8", "replace")
