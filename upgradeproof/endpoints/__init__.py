"""Ask a machine's services: from this host as a client would, or from inside of the machine."""

from __future__ import annotations

from dataclasses import replace

from upgradeproof.endpoints.answer import LARGEST_BODY, TIMEOUT_S, Answer
from upgradeproof.endpoints.firewall import answers, answers_itself, own_address
from upgradeproof.endpoints.inside import ask_inside
from upgradeproof.endpoints.mail import Refusals, envelope, latest_warnings, refusals
from upgradeproof.endpoints.messages import messages
from upgradeproof.endpoints.outside import ask_from_here, authority
from upgradeproof.machines import Machine
from upgradeproof.plan import Endpoint

__all__ = [
    "LARGEST_BODY",
    "TIMEOUT_S",
    "Answer",
    "Refusals",
    "answers",
    "answers_itself",
    "ask",
    "authority",
    "envelope",
    "mail_refusals",
    "messages",
    "refusals",
]
HERE = "127.0.0.1"


def mail_refusals(
    machine: Machine, endpoint: Endpoint, port: int, address: str = ""
) -> dict[str, Refusals]:
    """Return whom a mail server takes mail for, by who sends it; ``address`` as in `ask`."""
    places = {"the machine itself": address}
    if not address and (own := own_address(machine)):
        places["another machine"] = own
    asked = envelope(endpoint, ask(machine, endpoint, port, address).body)
    found = {who: refusals(ask(machine, asked, port, place)) for who, place in places.items()}
    if any(one.refused for one in found.values()):
        logged = latest_warnings(machine)
        found = {who: replace(one, logged=logged) for who, one in found.items()}
    return found


def ask(machine: Machine, endpoint: Endpoint, port: int, address: str = "") -> Answer:
    """Ask once and return the answer; a fault of the service is an answer and no exception.

    ``address``: the machine's own address on which alone it listens; empty: it listens for others.
    Raises MachineError when the machine itself is not there or does not publish the port.
    """
    inside = not endpoint.published or (endpoint.from_ == "auto" and bool(address))
    if inside or (endpoint.kind == "https" and endpoint.from_ == "auto"):
        answer = ask_inside(machine, endpoint, port, address or HERE)
        if answer is not None:
            return answer
    return ask_from_here(machine, endpoint, port)
