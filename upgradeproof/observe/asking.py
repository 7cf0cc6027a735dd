"""Find out which protocol a listening port uses, and return an endpoint that was answered."""

from __future__ import annotations

import re
import shlex
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from socket import create_connection
from typing import Any

from cryptography import x509

from upgradeproof.clients import HttpQuestion, raw_script
from upgradeproof.daemons import Greeting
from upgradeproof.endpoints import ask
from upgradeproof.errors import MachineError
from upgradeproof.machines import Machine
from upgradeproof.observe.writing import Entry, Noted
from upgradeproof.plan import Endpoint
from upgradeproof.probes import Facts
from upgradeproof.probes.certificates import UNREADABLE
from upgradeproof.runner.state import only_address

BANNER_S = 2.0
"""How long a server that sends a greeting may take."""
ANSWER_S = 5.0
SEARCH_S = 30.0
"""How long the file of a certificate is searched for: /var/lib may hold anything."""
LINE = "\r\n"
"""An unknown command, which many line-based servers answer with an error."""
_WORD = re.compile(r"[!-~]{3,}")
_VERSION = re.compile(r"\d+\.\d")
_HTTP = ("http", "https")
_MAIL = (("smtp", "220", "250"), ("imap", "* OK", "CAPABILITY"))
"""Kinds of mail servers, the beginning of their greetings, and of their answers to a greeting."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Test one port of a machine, whose facts contain the addresses on which it listens."""

    machine: Machine
    facts: Facts
    port: int
    id: str
    """The endpoint's id in the plan."""

    def tcp(self, greetings: Iterable[Greeting] = ()) -> Entry | None:
        """Return the endpoint that was answered on a TCP port, or None.

        Greetings of a known daemon come first, then what every port is tested for: a greeting of
        first, HTTP, an empty line, a TLS handshake.
        """
        if found := self.greeted(greetings):
            return found
        banner = self._received(b"", BANNER_S)
        found = self._by_banner(banner) if banner else self._by_question()
        return found or self._over_tls()

    def greeted(self, greetings: Iterable[Greeting]) -> Entry | None:
        """Return the endpoint of the first greeting that was answered, or None."""
        for greeting in greetings:
            keys = {
                "kind": greeting.kind,
                "path": greeting.path if greeting.kind == "http" else "",
                "send": greeting.send,
                "contains": greeting.contains,
            }
            if found := self._asked(keys, "as a client of this daemon sends it"):
                return found
        return None

    def _by_banner(self, banner: bytes) -> Entry | None:
        text = banner.decode("utf-8", "replace")
        source = f"its greeting:  {_printable(text)}"
        if text.startswith("SSH-"):
            login = {"kind": "ssh", "send": "echo hello", "contains": "hello"}
            if found := self._asked(login, "root logs in by SSH, with a key made for it"):
                return found
        for kind, begins, contains in _MAIL:
            keys = {"kind": kind, "contains": contains}
            if text.startswith(begins) and (found := self._asked(keys, source)):
                return found
        return self._asked({"kind": "tcp", "contains": _beginning(text)}, source)

    def _by_question(self) -> Entry | None:
        request = HttpQuestion(address="", port=self.port, host="localhost", path="/").request
        if self._received(request.encode(), ANSWER_S).startswith(b"HTTP/"):
            source = "asked for / over HTTP; the status is that of the answer"
            if found := self._asked({"kind": "http"}, source):
                return found
        if self._received(LINE.encode(), ANSWER_S):
            return self._asked({"kind": "tcp", "send": LINE}, "it answers an empty line")
        return None

    def _over_tls(self) -> Entry | None:
        """Return an endpoint where a TLS handshake succeeds: https, or another protocol."""
        certificate = self.certificate()
        if not certificate:
            return None
        line = shlex.quote(certificate.splitlines()[1])
        search = f"timeout {SEARCH_S:g} grep -rlsF -- {line} /etc /var/lib | head -n 1"
        found = self.machine.run(search).text
        for host in names_of(certificate):
            for kind, protocol in (("https", ", then HTTP"), ("tls", "")):
                source = f"a TLS handshake{protocol}; the server presented this certificate"
                if table := self._asked({"kind": kind, "host": host, "ca": found}, source):
                    return table
        return None

    def certificate(self) -> str:
        """Return the certificate that a TLS handshake shows, in PEM, or ""."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            suppress(OSError, MachineError),
            create_connection(
                ("127.0.0.1", self.machine.published(self.port)), timeout=ANSWER_S
            ) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as peer,
        ):
            return ssl.DER_cert_to_PEM_cert(peer.getpeercert(binary_form=True) or b"")
        return ""

    def _received(self, request: bytes, limit_s: float) -> bytes:
        """Return the first bytes that are received inside the machine, or none."""
        endpoint = Endpoint(id=self.id, kind="tcp", port=self.port)
        address = only_address(self.facts, endpoint, self.port) or "127.0.0.1"
        script = raw_script("tcp", address, self.port, ends="text")
        limit_s *= self.machine.fidelity.slowness
        return self.machine.run(f"timeout {limit_s:g} {script}", stdin=request).stdout

    def _asked(self, keys: Mapping[str, Any], source: str) -> Entry | None:
        """Return the table of an endpoint if the machine answers as the plan requires."""
        table = {"id": self.id, "port": self.port, **keys}
        given = {key: value for key, value in table.items() if value != ""}
        try:
            endpoint = Endpoint.model_validate(given)
            address = only_address(self.facts, endpoint, self.port)
            answer = ask(self.machine, endpoint, self.port, address)
        except (MachineError, ValueError):
            return None
        if endpoint.kind in _HTTP and not answer.problem and answer.status:
            table["status"] = Noted(value=answer.status)
            endpoint = endpoint.model_copy(update={"status": answer.status})
        return Entry(keys=table, source=source) if answer.fits(endpoint) else None


def names_of(certificate: str) -> Iterator[str]:
    """Yield the names in a certificate in PEM; none where it can't be read."""
    with suppress(*UNREADABLE):
        parsed = x509.load_pem_x509_certificate(certificate.encode())
        with suppress(x509.ExtensionNotFound):
            names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            yield from names.get_values_for_type(x509.DNSName)
        for attribute in parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME):
            yield str(attribute.value)


def _beginning(text: str) -> str:
    """Return the word that a banner begins with, or "": one with a version differs afterwards."""
    found = _WORD.match(text)
    return found[0] if found and not _VERSION.search(found[0]) else ""


def _printable(text: str) -> str:
    """Return the beginning of a banner as text for a comment."""
    return re.sub(r"[^!-~]+", " ", text).strip()[:60]
