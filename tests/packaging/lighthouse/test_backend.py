"""Lighthouse without its backend: the circuit breaker opens, and clients still get answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.lighthouse.conftest import RETRY_AFTER_S, Clock, Load, ended

Page = tuple[int, str]


class Upstream:
    """A backend and a webhook on one port; a test sets the behaviour of both."""

    def __init__(self, load: Load) -> None:
        self._web = load("web")
        self.pages: dict[str, Page] = {"/nodes": (200, "edge-7")}
        self.alerts: list[Any] = []
        self.requests = 0
        self.webhook_is_free = asyncio.Event()
        self.webhook_is_free.set()

    async def handler(self, request: Any) -> Any:
        if request.path == "/alerts":
            await self.webhook_is_free.wait()
            self.alerts.append(json.loads(request.body))
            return self._web.plain(self._web.HTTPStatus.OK)
        self.requests += 1
        status, text = self.pages.get(request.path, (404, ""))
        return self._web.Response(self._web.HTTPStatus(status), text.encode())

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[int]:
        async with await self._web.serve("127.0.0.1", port, self.handler) as server:
            yield server.sockets[0].getsockname()[1]


@dataclass
class Situation:
    """The agent's client of a backend, and the server that it sends requests to."""

    load: Load
    upstream: Upstream
    clock: Clock
    backend: Any

    async def get(self, path: str = "/nodes", times: int = 1) -> tuple[int, Any]:
        """Send requests as a client does, and return the status and the body of the last answer."""
        for _ in range(times):
            response = await self.backend.answer(path)
        return int(response.status), json.loads(response.body)

    async def alerted(self, count: int) -> list[Any]:
        """Wait until the webhook has received so many alerts, and return them."""
        async with asyncio.timeout(10):
            while len(self.upstream.alerts) < count:
                await asyncio.sleep(0.01)
        return self.upstream.alerts


def seen(load: Load, look: Callable[[Situation], Any]) -> Any:
    """Return the result of a coroutine that uses a backend whose server answers."""

    async def run() -> Any:
        upstream, clock = Upstream(load), Clock()
        async with upstream.serving() as port:
            url = f"http://127.0.0.1:{port}"
            alerts = load("alerts").Alerts(f"{url}/alerts")
            backend = load("backend").Backend(url, alerts, "edge-7", clock)
            return await look(Situation(load, upstream, clock, backend))

    return ended(run())


def test_an_answer_of_the_backend_is_forwarded(load: Load) -> None:
    assert seen(load, lambda at: at.get()) == (200, {"answer": "edge-7", "degraded": False})


def test_without_the_backend_the_last_successful_answer_is_returned_as_degraded(load: Load) -> None:
    async def look(at: Situation) -> Any:
        await at.get()
        at.upstream.pages["/nodes"] = (500, "")
        at.clock.now = 1.5
        return await at.get()

    assert seen(load, look) == (200, {"answer": "edge-7", "degraded": True, "age_s": 1.5})


def test_without_any_successful_answer_it_returns_503(load: Load) -> None:
    async def look(at: Situation) -> Any:
        at.upstream.pages["/new"] = (500, "")
        return await at.get("/new")

    error = "the backend does not answer, and no earlier answer is cached for /new"
    assert seen(load, look) == (503, {"degraded": True, "error": error})


def test_an_open_breaker_sends_no_requests_to_the_backend(load: Load) -> None:
    async def look(at: Situation) -> Any:
        at.upstream.pages["/nodes"] = (500, "")
        await at.get(times=20)
        return at.upstream.requests, at.backend.breaker.state

    assert seen(load, look) == (5, "open")


def test_a_refused_connection_is_a_failure_of_the_backend(load: Load) -> None:
    async def look(at: Situation) -> Any:
        async with at.upstream.serving() as free:
            pass
        backend = at.load("backend").Backend(
            f"http://127.0.0.1:{free}", at.load("alerts").Alerts(""), "edge-7", at.clock
        )
        for _ in range(5):
            await backend.answer("/nodes")
        return backend.breaker.state

    assert seen(load, look) == "open"


def test_a_missing_path_is_404_and_does_not_open_the_breaker(load: Load) -> None:
    async def look(at: Situation) -> Any:
        status, _ = await at.get("/nothing", times=20)
        return status, at.backend.breaker.state, at.upstream.requests

    assert seen(load, look) == (404, "closed", 20)


def test_a_removed_page_is_not_answered_from_the_cache_in_an_outage(load: Load) -> None:
    async def look(at: Situation) -> Any:
        await at.get()
        at.upstream.pages["/nodes"] = (404, "")
        await at.get()
        at.upstream.pages["/nodes"] = (500, "")
        return (await at.get())[0]

    assert seen(load, look) == 503


def test_another_unsuccessful_answer_is_502_and_no_failure(load: Load) -> None:
    async def look(at: Situation) -> Any:
        at.upstream.pages["/moved"] = (301, "")
        return await at.get("/moved", times=5), at.backend.breaker.state

    error = "the backend answers /moved with 301"
    assert seen(load, look) == ((502, {"error": error}), "closed")


def test_an_answer_that_is_too_large_is_a_failure(load: Load) -> None:
    async def look(at: Situation) -> Any:
        at.upstream.pages["/large"] = (200, "x" * 70_000)
        return (await at.get("/large"))[0]

    assert seen(load, look) == 503


def test_answers_are_cached_for_a_hundred_paths(load: Load) -> None:
    async def look(at: Situation) -> Any:
        at.upstream.pages = {f"/{number}": (200, "cached") for number in range(101)}
        for path in at.upstream.pages:
            await at.get(path)
        at.upstream.pages = dict.fromkeys(at.upstream.pages, (500, ""))
        return (await at.get("/0"))[0], (await at.get("/1"))[0]

    assert seen(load, look) == (503, 200)


@pytest.mark.parametrize("path", ["/a b", "/a\nX:y", "/ä", "/../up", "/%2e%2e/up"])
def test_an_unsafe_path_is_rejected(load: Load, path: str) -> None:
    async def look(at: Situation) -> Any:
        return (await at.get(path))[0], at.upstream.requests

    assert seen(load, look) == (400, 0)


def test_an_alert_is_sent_once_when_it_opens_and_once_when_it_closes(load: Load) -> None:
    async def look(at: Situation) -> Any:
        at.upstream.pages["/nodes"] = (500, "")
        await at.get(times=20)
        at.clock.now = RETRY_AFTER_S
        at.upstream.pages["/nodes"] = (200, "edge-8")
        again = await at.get(times=20)
        return again[1]["answer"], await at.alerted(2)

    answer, alerts = seen(load, look)
    assert answer == "edge-8"
    sent = [(alert["alert"], alert["status"], alert["node"], alert["reason"]) for alert in alerts]
    assert sent == [
        ("circuit-breaker-open", "firing", "edge-7", "status 500"),
        ("circuit-breaker-open", "resolved", "edge-7", "it answers again"),
    ]


def test_a_webhook_that_hangs_delays_no_answer(load: Load) -> None:
    async def look(at: Situation) -> Any:
        at.upstream.webhook_is_free.clear()
        at.upstream.pages["/nodes"] = (500, "")
        await at.get(times=5)
        at.clock.now = RETRY_AFTER_S
        at.upstream.pages["/nodes"] = (200, "edge-8")
        answer = await at.get()
        waiting = list(at.upstream.alerts)
        at.upstream.webhook_is_free.set()
        return answer[1]["degraded"], waiting, len(await at.alerted(2))

    assert seen(load, look) == (False, [], 2)


def test_the_state_of_the_breaker_is_shown(load: Load, tmp_path: Path) -> None:
    web = load("web")
    store = load("store").Store(tmp_path, 1000, lambda _: "0")

    async def shown(backend: Any, path: str) -> tuple[int, str]:
        api = load("api").Api(store, "1.2.8", "edge-7", "", backend)
        page = api.agent_metrics if path == "/metrics" else api.handle
        response = await page(web.Request("GET", path, {}, b""))
        return int(response.status), response.body.decode()

    async def look(at: Situation) -> Any:
        at.upstream.pages["/nodes"] = (500, "")
        await at.get(times=5)
        return [await shown(at.backend, path) for path in ("/metrics", "/api/v1/status")]

    metrics, status = seen(load, look)
    assert "\nlighthouse_circuit_breaker_open 1\n" in metrics[1]
    assert json.loads(status[1])["circuit_breaker"] == "open"
    without = [
        ended(shown(None, path)) for path in ("/metrics", "/api/v1/status", "/api/v1/upstream/a")
    ]
    assert [code for code, _ in without] == [200, 200, 404]
    assert not any("circuit" in text for _, text in without)
