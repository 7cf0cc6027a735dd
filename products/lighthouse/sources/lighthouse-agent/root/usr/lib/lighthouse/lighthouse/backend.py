"""The backend: asked on behalf of a client, behind a circuit breaker.

While it gives no answer, clients get the last good one, marked as such: old data in time is worth
more to them than an error, and far more than a wait.
"""

from __future__ import annotations

import logging
import re
import time
from collections import OrderedDict
from http import HTTPStatus
from typing import Callable
from urllib.parse import unquote

from lighthouse import client
from lighthouse.alerts import Alerts
from lighthouse.breaker import Breaker
from lighthouse.web import Response, plain

KEPT_ANSWERS = 100
"""Good answers that are kept, one for each path: those that were given last."""
_PATH = re.compile(r"/[!-~]*")

log = logging.getLogger(__name__)


class Backend:
    """Answers that come from another server."""

    def __init__(
        self, url: str, alerts: Alerts, node: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.breaker = Breaker(self._changed, clock)
        self._url = url.rstrip("/")
        self._alerts = alerts
        self._node = node
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def answer(self, path: str) -> Response:
        """Return what the backend says of a path; without an answer of its own, the last good one.

        A status of 4xx is an answer, if not a good one: a client who asks for what there is not
        must never open the breaker for all others.
        """
        if not _PATH.fullmatch(path) or ".." in unquote(path):
            return plain(HTTPStatus.BAD_REQUEST, error="that can't be a path of the backend")
        if not self.breaker.admits():
            return self._degraded(path)
        try:
            found = await client.ask(f"{self._url}{path}")
        except client.NoAnswerError as error:
            self.breaker.failed(str(error))
            return self._degraded(path)
        self.breaker.succeeded()
        return self._whole(path, found)

    def _whole(self, path: str, found: client.Answer) -> Response:
        if not found.good:
            self._kept.pop(path, None)
            unknown = found.status == HTTPStatus.NOT_FOUND
            status = HTTPStatus.NOT_FOUND if unknown else HTTPStatus.BAD_GATEWAY
            return plain(status, error=f"the backend answers {path} with {found.status}")
        text = found.body.decode("utf-8", "replace")
        self._kept[path] = (self._clock(), text)
        self._kept.move_to_end(path)
        if len(self._kept) > KEPT_ANSWERS:
            self._kept.popitem(last=False)
        return plain(HTTPStatus.OK, answer=text, degraded=False)

    def _degraded(self, path: str) -> Response:
        if path not in self._kept:
            why = f"the backend gives no answer, and none of before is kept for {path}"
            return plain(HTTPStatus.SERVICE_UNAVAILABLE, degraded=True, error=why)
        at, text = self._kept[path]
        age_s = round(self._clock() - at, 1)
        return plain(HTTPStatus.OK, answer=text, degraded=True, age_s=age_s)

    def _changed(self, is_open: bool, why: str) -> None:
        log.warning(
            "circuit breaker of %s %s: %s", self._url, "opens" if is_open else "closes", why
        )
        self._alerts.send(
            alert="circuit-breaker-open",
            status="firing" if is_open else "resolved",
            node=self._node,
            backend=self._url,
            reason=why,
        )
