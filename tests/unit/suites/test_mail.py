"""A mail server that refuses mail which it took before."""

from __future__ import annotations

import pytest

from suites import test_mail as mail
from tests.unit.suites.states import state
from upgradeproof.endpoints import Answer, Refusals, envelope, refusals
from upgradeproof.plan import Endpoint
from upgradeproof.runner import State

MAIL = Endpoint.model_validate({"id": "mail", "kind": "smtp", "port": 25})


class MailState(State):
    """A state whose mail server has one reply for each recipient."""

    def replying(self, reply: str) -> MailState:
        self.__dict__["replied"] = reply
        return self

    def refusals(self, endpoint: Endpoint) -> dict[str, Refusals]:
        sent = envelope(endpoint, "").send.count("\n") + 1
        replies = ["250 Ok", *[self.__dict__["replied"]] * (sent - 2), "250 Ok", "221 Bye"]
        return {"another machine": refusals(Answer(body="".join(f"{r}\r\n" for r in replies)))}


def replied(reply: str = "250 Ok") -> MailState:
    sound = state()
    return MailState(
        *("upgraded", sound.cell, sound.fidelity, sound.facts, (), 0.0, ()), lambda: sound.machine
    ).replying(reply)


def test_a_mail_server_that_refuses_mail_only_now_is_reported() -> None:
    broken = "451 4.3.5 Server configuration error"
    mail.test_mail_server_takes_the_mail_that_it_took(replied(), replied(), MAIL)
    mail.test_mail_server_takes_the_mail_that_it_took(replied(broken), replied(broken), MAIL)
    with pytest.raises(AssertionError, match="another machine may not send mail to postmaster"):
        mail.test_mail_server_takes_the_mail_that_it_took(replied(), replied(broken), MAIL)
