"""The product's web endpoints answer in the form in which they answered."""

import pytest

from upgradeproof.plan import Endpoint
from upgradeproof.probes.answers import Answers
from upgradeproof.runner import State

FIELDS = {
    "protocol": "the version of HTTP",
    "content_type": "Content-Type",
    "content_encoding": "Content-Encoding",
    "protections": "the headers of browsers' rules and logins",
}


@pytest.mark.subject("web_endpoint")
@pytest.mark.follows("*::*_active*", "test_service_ports::test_endpoint_answers[*")
def test_endpoint_answers_in_the_form_of_before(
    installed: State, upgraded: State, web_endpoint: Endpoint
) -> None:
    """A client that reads the type or the character set of an answer does not understand it."""
    was = installed[Answers].get(web_endpoint.id)
    now = upgraded[Answers].get(web_endpoint.id)
    if was is None or now is None or was.status != now.status:
        pytest.skip("one of the two releases gave no such answer: other checks ask for it")
    regressions = {change.path for change in upgraded.regressions}
    other = [
        f"{words} was {shown(getattr(was, field))}, is {shown(getattr(now, field))}"
        for field, words in FIELDS.items()
        if f"answers/{web_endpoint.id}/{field}" in regressions
    ]
    assert not other, "\n".join((f"{web_endpoint.id} answers in another form:", *other))


def shown(value: str | tuple[str, ...]) -> str:
    return (value if isinstance(value, str) else "; ".join(value)) or "not sent"
