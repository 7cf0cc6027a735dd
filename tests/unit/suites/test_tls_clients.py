"""The checks of clients that an https endpoint no longer answers."""

from __future__ import annotations

import pytest

from suites import test_tls_clients
from tests.unit.suites.states import state
from upgradeproof.clients import CLIENTS, HttpQuestion, https_script
from upgradeproof.plan import Endpoint
from upgradeproof.probes import CommandInput, Facts, ProbeInputs
from upgradeproof.probes.tls_clients import ClientAnswer, TlsClients
from upgradeproof.runner import State

WEB = Endpoint(id="web", kind="https", port=8443)
ANSWERED = ClientAnswer(status=200)


def state_with(**clients: ClientAnswer) -> State:
    sound = state()
    facts = Facts({TlsClients.section: {f"web/{name}": found for name, found in clients.items()}})
    return State("any", sound.cell, sound.fidelity, facts, (), 0.0, (), lambda: sound.machine)


def test_clients_that_are_answered_or_removed_are_accepted() -> None:
    before = state_with(curl=ANSWERED, python3=ANSWERED, openssl=ClientAnswer(errors=("refused",)))
    after = state_with(curl=ANSWERED, openssl=ClientAnswer(errors=("refused",)))
    test_tls_clients.test_every_client_is_answered_as_before(before, after, WEB)
    test_tls_clients.test_no_client_prints_a_new_error(before, after, WEB)


def test_an_endpoint_that_answered_no_client_proves_nothing() -> None:
    before = state_with(curl=ClientAnswer(errors=("refused",)))
    for check in (
        test_tls_clients.test_every_client_is_answered_as_before,
        test_tls_clients.test_no_client_prints_a_new_error,
    ):
        with pytest.raises(pytest.skip.Exception, match="answered no client"):
            check(before, before, WEB)


def test_a_client_that_refuses_the_certificate_is_named() -> None:
    before = state_with(curl=ANSWERED, python3=ANSWERED)
    after = state_with(curl=ANSWERED, python3=ClientAnswer(errors=("Missing Key Usage",)))
    with pytest.raises(AssertionError, match=r"web asked by python3:\s+Missing Key Usage"):
        test_tls_clients.test_every_client_is_answered_as_before(before, after, WEB)


def test_a_new_warning_of_a_client_is_reported() -> None:
    after = state_with(curl=ClientAnswer(status=200, errors=("Warning: weak",)))
    with pytest.raises(AssertionError, match="curl: Warning: weak"):
        test_tls_clients.test_no_client_prints_a_new_error(state_with(curl=ANSWERED), after, WEB)


def test_a_missing_client_has_no_answer() -> None:
    question = HttpQuestion(address="127.0.0.1", port=1, host="a.test", path="/")
    assert "elif" in https_script(question, CLIENTS)
    inputs = ProbeInputs(
        https=tuple(CommandInput(id=f"web/{name}", script="") for name in ("curl", "openssl"))
    )
    none, answered = "bm9uZQo=", "Y3VybApIVFRQLzEuMSAyMDAgT0sNCg=="
    text = f"job\t0\t0\t5\t{none}\t0\t\njob\t1\t0\t9\t{answered}\t0\t\n"
    assert TlsClients.parse(text, inputs) == {"web/openssl": ClientAnswer(status=200)}
