"""The API: the state of the node, its items, and the metrics for Prometheus."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote

from lighthouse.backend import Backend
from lighthouse.breaker import CLOSED
from lighthouse.release import VERSION
from lighthouse.store import DamagedError, QuotaError, Store, is_name
from lighthouse.web import Request, Response, plain

ITEMS = "/api/v1/items"
UPSTREAM = "/api/v1/upstream"

log = logging.getLogger(__name__)


@dataclass
class Api:
    """Answer the requests for one node."""

    store: Store
    library_version: str
    node: str
    zone: str
    backend: Backend | None = None
    started: float = field(default_factory=time.monotonic)
    answered: dict[int, int] = field(default_factory=dict)
    """How many requests were answered, by status."""

    async def handle(self, request: Request) -> Response:
        """Answer a request of the API, and count it; an error of the agent is a status of 500."""
        try:
            response = await self._route(request)
        except (DamagedError, OSError) as error:
            log.error("%s %s: %s", request.method, request.path, error)  # noqa: TRY400  # no bug of the agent
            response = plain(HTTPStatus.INTERNAL_SERVER_ERROR, error=str(error))
        status = int(response.status)
        self.answered[status] = self.answered.get(status, 0) + 1
        log.debug("%s %s: %d", request.method, request.path, status)
        return response

    async def _route(self, request: Request) -> Response:
        if request.path.startswith(f"{ITEMS}/"):
            return self._item(request, unquote(request.path[len(ITEMS) + 1 :]))
        if self.backend and request.path.startswith(f"{UPSTREAM}/"):
            if request.method != "GET":
                return plain(HTTPStatus.METHOD_NOT_ALLOWED, error=f"{UPSTREAM} takes GET alone")
            return await self.backend.answer(request.path[len(UPSTREAM) :])
        pages = {"/healthz": self._health, "/api/v1/status": self._status, ITEMS: self._items}
        page = pages.get(request.path)
        if page is None:
            return plain(HTTPStatus.NOT_FOUND, error=f"there is no {request.path}")
        if request.method != "GET":
            return plain(HTTPStatus.METHOD_NOT_ALLOWED, error=f"{request.path} takes GET alone")
        return page()

    def _health(self) -> Response:
        return plain(HTTPStatus.OK, status="ok")

    def _status(self) -> Response:
        return plain(
            HTTPStatus.OK,
            version=VERSION,
            library=self.library_version,
            node=self.node,
            zone=self.zone,
            items=len(self.store.names),
            **({"circuit_breaker": self.backend.breaker.state} if self.backend else {}),
        )

    def _items(self) -> Response:
        return plain(HTTPStatus.OK, items=self.store.names)

    def _item(self, request: Request, name: str) -> Response:
        methods = {"GET": self._read, "PUT": self._write, "DELETE": self._remove}
        method = methods.get(request.method)
        if method is None:
            return plain(HTTPStatus.METHOD_NOT_ALLOWED, error="an item takes GET, PUT and DELETE")
        if not is_name(name):
            return plain(HTTPStatus.BAD_REQUEST, error="that can't be the name of an item")
        return method(name, request.body)

    def _read(self, name: str, _: bytes) -> Response:
        content = self.store.read(name)
        if content is None:
            return plain(HTTPStatus.NOT_FOUND, error=f"there is no item {name}")
        return Response(HTTPStatus.OK, content, "application/octet-stream")

    def _write(self, name: str, content: bytes) -> Response:
        try:
            self.store.write(name, content)
        except QuotaError as error:
            return plain(HTTPStatus.INSUFFICIENT_STORAGE, error=str(error))
        log.info("item %s: %d bytes stored", name, len(content))
        return plain(HTTPStatus.CREATED, item=name)

    def _remove(self, name: str, _: bytes) -> Response:
        gone = self.store.remove(name)
        return plain(HTTPStatus.OK if gone else HTTPStatus.NOT_FOUND, item=name)

    async def agent_metrics(self, request: Request) -> Response:
        """Return the metrics of the agent."""
        lines = [
            "# TYPE lighthouse_info gauge",
            f'lighthouse_info{{version="{VERSION}",library="{self.library_version}"}} 1',
            "# TYPE lighthouse_uptime_seconds gauge",
            f"lighthouse_uptime_seconds {time.monotonic() - self.started:.3f}",
            "# TYPE lighthouse_requests_total counter",
            *(
                f'lighthouse_requests_total{{status="{status}"}} {count}'
                for status, count in sorted(self.answered.items())
            ),
        ]
        if self.backend:
            lines += [
                "# TYPE lighthouse_circuit_breaker_open gauge",
                f"lighthouse_circuit_breaker_open {int(self.backend.breaker.state != CLOSED)}",
            ]
        return _metrics(request, lines)

    async def store_metrics(self, request: Request) -> Response:
        """Return the metrics of the items."""
        lines = [
            "# TYPE lighthouse_items gauge",
            f"lighthouse_items {len(self.store.names)}",
            "# TYPE lighthouse_store_bytes gauge",
            f"lighthouse_store_bytes {self.store.size_bytes}",
        ]
        return _metrics(request, lines)


def _metrics(request: Request, lines: list[str]) -> Response:
    if request.path != "/metrics":
        return plain(HTTPStatus.NOT_FOUND, error=f"there is no {request.path}")
    kind = "text/plain; version=0.0.4; charset=utf-8"
    return Response(HTTPStatus.OK, ("\n".join(lines) + "\n").encode(), kind)
