"""A load over TLS: the certificate is checked, by both of Locust's clients."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.load.servers import FRONT_PAGE, aim, at_once, certified, load, serving
from upgradeproof.load import send

ASKED = load(model="open", rate_per_s=10, users=2)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return certified(tmp_path_factory.mktemp("tls"))


@pytest.fixture(params=["FastHttpUser", "HttpUser"])
def users(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the locustfile of the front page, for each of the clients."""
    path = tmp_path / "pages.py"
    path.write_text(FRONT_PAGE.read_text().replace("FastHttpUser", request.param))
    return path


def certificate(port: int) -> str:
    return ssl.get_server_certificate(("127.0.0.1", port))


def test_a_certificate_that_the_endpoint_names_is_trusted(
    server: ssl.SSLContext, users: Path
) -> None:
    with serving(at_once, tls=server) as port:
        found = send(ASKED, aim(port, kind="https", certificate=certificate(port)), users)
    assert (found.answered, dict(found.failures)) == (5, {})


def test_a_self_signed_certificate_fails_every_request(server: ssl.SSLContext, users: Path) -> None:
    with serving(at_once, tls=server) as port:
        found = send(ASKED, aim(port, kind="https"), users)
    assert (found.answered, found.broken_reason) == (0, "")
    assert dict(found.failures) == {"TLS: self-signed certificate": 5}


def test_a_server_that_speaks_no_tls_fails_every_request(users: Path) -> None:
    with serving(at_once) as port:
        found = send(ASKED, aim(port, kind="https"), users)
    (kind,) = found.failures
    assert found.answered == 0
    assert kind.startswith("TLS: [SSL: WRONG_VERSION_NUMBER]")


def test_users_trust_that_certificate_alone_and_read_it_once(
    server: ssl.SSLContext, tmp_path: Path
) -> None:
    """To load the system's authorities took 40 ms for each user: a hundred users took seconds."""
    path = tmp_path / "pages.py"
    ask = '        self.client.get("/")\n'
    check = (
        '        trusts = self.ssl_context_factory(cafile="/what/the/client/brings.pem")\n'
        '        assert trusts.cert_store_stats()["x509"] == 1, "more than the certificate"\n'
        '        assert trusts is self.ssl_context_factory(cafile=None), "read again"\n'
    )
    path.write_text(FRONT_PAGE.read_text().replace(ask, check + ask))
    with serving(at_once, tls=server) as port:
        found = send(ASKED, aim(port, kind="https", certificate=certificate(port)), path)
    assert (found.answered, found.broken_reason) == (5, "")
