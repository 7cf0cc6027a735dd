"""The backend: the agent forwards requests of clients to it, behind a circuit breaker.

While the backend does not answer, clients get the last successful answer, marked as degraded: old
data at once is more useful to them than an error or a wait.
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

MAX_CACHED_ANSWERS = 100
"""How many successful answers are cached, one for each path: the most recent ones."""
_PATH = re.compile(r"/[!-~]*")

log = logging.getLogger(__name__)


class Backend:
    """Return answers of another server."""

    def __init__(
        self, url: str, alerts: Alerts, node: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.breaker = Breaker(self._changed, clock)
        self._url = url.rstrip("/")
        self._alerts = alerts
        self._node = node
        self._clock = clock
        self._cached: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def answer(self, path: str) -> Response:
        """Return the backend's answer for a path; if it does not answer, the last successful one.

        A status of 4xx is an answer, although not a successful one: a client who requests a
        missing path must not open the breaker for all others.
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
            self._cached.pop(path, None)
            unknown = found.status == HTTPStatus.NOT_FOUND
            status = HTTPStatus.NOT_FOUND if unknown else HTTPStatus.BAD_GATEWAY
            return plain(status, error=f"the backend answers {path} with {found.status}")
        text = found.body.decode("utf-8", "replace")
        self._cached[path] = (self._clock(), text)
        self._cached.move_to_end(path)
        if len(self._cached) > MAX_CACHED_ANSWERS:
            self._cached.popitem(last=False)
        return plain(HTTPStatus.OK, answer=text, degraded=False)

    def _degraded(self, path: str) -> Response:
        if path not in self._cached:
            why = f"the backend does not answer, and no earlier answer is cached for {path}"
            return plain(HTTPStatus.SERVICE_UNAVAILABLE, degraded=True, error=why)
        at, text = self._cached[path]
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
