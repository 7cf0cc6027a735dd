"""Alerts: sent to a webhook in their order, without delaying an answer of the API."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from typing import Any

from lighthouse import client

MAX_WAITING = 100
"""How many alerts may wait for the webhook; when there are more, the oldest are dropped."""
RETRY_S = (1.0, 5.0, 30.0)
"""The pause before each further try; after the last try an alert is dropped."""

log = logging.getLogger(__name__)


class Alerts:
    """Send alerts to a webhook, one after the other; without a webhook they are dropped."""

    def __init__(self, webhook: str) -> None:
        self._webhook = webhook
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MAX_WAITING)
        self._delivery: asyncio.Task[None] | None = None

    def send(self, **values: Any) -> None:
        """Queue an alert for delivery, and return at once."""
        if not self._webhook:
            return
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._waiting.append({"at": at, **values})
        if self._delivery is None or self._delivery.done():
            self._delivery = asyncio.get_running_loop().create_task(self._deliver())

    async def _deliver(self) -> None:
        while self._waiting:
            await self._post(self._waiting.popleft())

    async def _post(self, alert: dict[str, Any]) -> None:
        body = json.dumps(alert, sort_keys=True).encode()
        for wait_s in (*RETRY_S, None):
            try:
                answer = await client.ask(self._webhook, body)
            except client.NoAnswerError as error:
                why = str(error)
            else:
                if answer.good:
                    return
                why = f"status {answer.status}"
            if wait_s is None:
                log.error("an alert is dropped, %s does not accept it: %s", self._webhook, why)
                return
            log.warning("%s does not accept an alert: %s", self._webhook, why)
            await asyncio.sleep(wait_s)
