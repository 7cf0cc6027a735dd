"""Ask a mail server whether it takes mail: the envelope of a message that is then not sent."""

from __future__ import annotations

import re
from dataclasses import dataclass

from upgradeproof.endpoints.answer import Answer
from upgradeproof.plan import Endpoint

_REPLY = re.compile(r"^(\d{3})(?: .*)?$", re.MULTILINE)
_NAME = re.compile(r"^220[ -](\S+)", re.MULTILINE)
OWN = "root@{name}"
"""A mailbox that every server of its own name has, as its greeting states that name."""
RECIPIENTS = ("postmaster", OWN, "root@localhost")


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """What a mail server replied to the envelope of a message, by its recipient."""

    taken: frozenset[str]
    refused: dict[str, str]
    """The reply, or why there is none."""


def envelope(endpoint: Endpoint, greeting: str) -> Endpoint:
    """Return the endpoint that names every recipient, and resets the session at the end."""
    named = _NAME.search(greeting)
    name = named[1] if named else "localhost"
    lines = [f"RCPT TO:<{recipient.format(name=name)}>" for recipient in RECIPIENTS]
    send = "\n".join(filter(None, (endpoint.send, "MAIL FROM:<>", *lines, "RSET")))
    return endpoint.model_copy(update={"send": send, "contains": ""})


def refusals(answer: Answer) -> Refusals:
    """Return what became of each recipient in the answer to an envelope.

    The replies are counted from the end: those to RSET and QUIT, before them one to each recipient.
    A session that the server ended early refuses all of them with its last reply.
    """
    replies = [match[0].strip() for match in _REPLY.finditer(answer.body.replace("\r", ""))]
    last = replies[-1] if replies else ""
    if answer.problem or len(replies) < len(RECIPIENTS) + 3 or not last.startswith("221"):
        why = answer.problem or last or "no reply"
        return Refusals(taken=frozenset(), refused=dict.fromkeys(RECIPIENTS, why))
    own = dict(zip(RECIPIENTS, replies[-2 - len(RECIPIENTS) : -2], strict=True))
    sender = replies[-3 - len(RECIPIENTS)]
    if sender[0] in "45":
        own = dict.fromkeys(RECIPIENTS, sender)
    return Refusals(
        taken=frozenset(name for name, reply in own.items() if reply[0] == "2"),
        refused={name: reply for name, reply in own.items() if reply[0] in "45"},
    )
