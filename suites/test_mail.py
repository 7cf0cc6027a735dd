"""A mail server takes the mail that it took."""

import pytest

from upgradeproof.plan import Endpoint
from upgradeproof.runner import State


@pytest.mark.subject("mail_endpoint")
@pytest.mark.follows("*::*_active*", "test_service_ports::test_endpoint_answers[*")
def test_mail_server_takes_the_mail_that_it_took(
    installed: State, upgraded: State, mail_endpoint: Endpoint
) -> None:
    """A server that greets may refuse every message, for one line of its configuration."""
    now = upgraded.refusals(mail_endpoint)
    before = installed.refusals(mail_endpoint) if any(it.refused for it in now.values()) else {}
    refused = [
        f"{who} may not send mail to {recipient.format(name='its own name')} any more: {reply}"
        for who, it in now.items()
        for recipient, reply in it.refused.items()
        if who in before and recipient in before[who].taken
    ]
    logged = dict.fromkeys(line for it in now.values() for line in it.logged)
    assert not refused, "\n".join((f"{mail_endpoint.id}:", *refused, *logged))
