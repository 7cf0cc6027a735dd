"""Ask a mail server whether it takes mail: the envelope of a message that is then not sent."""

from __future__ import annotations

import re
from dataclasses import dataclass

from upgradeproof.endpoints.answer import Answer
from upgradeproof.machines import Machine
from upgradeproof.plan import Endpoint

_REPLY = re.compile(r"^(\d{3})(?: .*)?$", re.MULTILINE)
_NAME = re.compile(r"^220[ -](\S+)", re.MULTILINE)
_WARNINGS = 5
OWN = "root@{name}"
"""A mailbox that every server of its own name has, as its greeting states that name."""
RECIPIENTS = ("postmaster", OWN, "root@localhost")


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """What a mail server replied to the envelope of a message, by its recipient."""

    taken: frozenset[str]
    refused: dict[str, str]
    """The reply, or why there is none."""
    logged: tuple[str, ...] = ()
    """Warnings in the machine's journal of the last seconds: a reply seldom names the cause."""


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
    A session that the server ended early refuses all of them.
    """
    replies = [match[0].strip() for match in _REPLY.finditer(answer.body.replace("\r", ""))]
    last = replies[-1] if replies else ""
    if answer.problem or len(replies) < len(RECIPIENTS) + 3 or not last.startswith("221"):
        negative = next((reply for reply in replies if reply[0] in "45"), last)
        why = answer.problem or negative or "no reply"
        return Refusals(taken=frozenset(), refused=dict.fromkeys(RECIPIENTS, why))
    own = dict(zip(RECIPIENTS, replies[-2 - len(RECIPIENTS) : -2], strict=True))
    sender = replies[-3 - len(RECIPIENTS)]
    if sender[0] in "45":
        own = dict.fromkeys(RECIPIENTS, sender)
    return Refusals(
        taken=frozenset(name for name, reply in own.items() if reply[0] == "2"),
        refused={name: reply for name, reply in own.items() if reply[0] in "45"},
    )


def latest_warnings(machine: Machine) -> tuple[str, ...]:
    """Return the different warnings and errors that the machine logged in the last 30 s."""
    done = machine.run("journalctl --quiet --no-pager -o cat -p warning --since=-30s | tail -n 40")
    lines = (line.strip() for line in done.text.splitlines())
    return tuple(dict.fromkeys(filter(None, lines)))[-_WARNINGS:]
