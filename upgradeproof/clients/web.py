"""Ask over HTTPS by a client of the machine's own: its TLS library, its certificates."""

from __future__ import annotations

import http.client
import io
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from upgradeproof.clients.streams import MAXIMUM_BYTES, TIMEOUT_S, joined

CLIENTS = ("curl", "wget", "openssl", "python3")
"""Clients that a machine may have, in the order in which they are tried."""
_PYTHON = r"""
import socket, ssl, sys
address, port, host, ca, request = sys.argv[1:]
context = ssl.create_default_context(cafile=ca or None)
try:
    with socket.create_connection((address, int(port)), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=host) as peer:
            peer.sendall(request.encode())
            received = b""
            while len(received) < 1 << 20:
                part = peer.recv(65536)
                if not part:
                    break
                received += part
    sys.stdout.buffer.write(received)
except OSError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@dataclass(frozen=True, kw_only=True)
class HttpQuestion:
    """What to ask over HTTPS, and where; ``ca`` is a file on the machine."""

    address: str
    port: int
    host: str
    path: str
    ca: str = ""

    @property
    def url(self) -> str:
        """Return the URL of the request."""
        return f"https://{self.host}:{self.port}{self.path}"

    @property
    def request(self) -> str:
        """Return the request for a client that sends exactly the bytes that it gets."""
        return f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n"


def https_script(question: HttpQuestion, clients: Sequence[str] = CLIENTS) -> str:
    """Return the script that asks by the first of some clients that is there.

    Its first line of output names the client, or is ``none``. Then comes the response with its
    headers.
    """
    asking = {"curl": _curl, "wget": _wget, "openssl": _openssl, "python3": _python}
    branches = []
    for client in clients:
        there = f"command -v {client} >/dev/null"
        if client == "wget":
            # wget has no option for a name's address: it is used where the machine resolves it.
            known = f"getent hosts {shlex.quote(question.host)} | cut -d ' ' -f 1"
            there += f' && [ "$({known})" = {shlex.quote(question.address)} ]'
        branches.append(f"if {there}; then echo {client}; {asking[client](question)}\n")
    return f"{'el'.join(branches)}else echo none; fi"


def _curl(question: HttpQuestion) -> str:
    resolve = shlex.quote(f"{question.host}:{question.port}:{question.address}")
    trust = f" --cacert {shlex.quote(question.ca)}" if question.ca else ""
    header = shlex.quote(f"Host: {question.host}")
    return (
        f"curl -sS -i --raw --http1.1 -m {TIMEOUT_S} --noproxy '*' --resolve {resolve}"
        f" -H {header}{trust} {shlex.quote(question.url)} | head -c {MAXIMUM_BYTES}"
    )


def _wget(question: HttpQuestion) -> str:
    trust = f" --ca-certificate={shlex.quote(question.ca)}" if question.ca else ""
    header = shlex.quote(f"Host: {question.host}")
    return (
        "d=$(mktemp -d /run/upgradeproof-wget.XXXXXX); trap 'rm -rf \"$d\"' EXIT\n"
        f"timeout {TIMEOUT_S} wget --no-proxy -nv -S --tries=1 --max-redirect=0"
        f" --content-on-error --header={header}{trust}"
        f' -O "$d/body" {shlex.quote(question.url)} 2>"$d/err"; ended=$?\n'
        "status=$(sed -n 's|^ *HTTP/[0-9.]* \\([0-9]*\\).*|\\1|p' \"$d/err\" | tail -n 1)\n"
        # 8: the status is one of an error or of a redirection, and the answer is whole.
        'case "$status/$ended" in ?*/0|?*/8) ;; *) cat "$d/err" >&2; exit 1 ;; esac\n'
        "printf 'HTTP/1.1 %s -\\r\\nConnection: close\\r\\n\\r\\n' \"$status\"\n"
        f'head -c {MAXIMUM_BYTES} "$d/body"'
    )


def _openssl(question: HttpQuestion) -> str:
    host = shlex.quote(question.host)
    trust = f" -CAfile {shlex.quote(question.ca)} -no-CApath" if question.ca else ""
    return (
        f"printf %s {shlex.quote(question.request)} | timeout {TIMEOUT_S} openssl s_client"
        f" -quiet -connect {shlex.quote(joined(question.address, question.port))}"
        f" -servername {host} -verify_quiet -verify_return_error -verify_hostname {host}{trust}"
        f" | head -c {MAXIMUM_BYTES}"
    )


def _python(question: HttpQuestion) -> str:
    where = (question.address, str(question.port), question.host, question.ca)
    return shlex.join(["python3", "-c", _PYTHON, *where, question.request])


def parse_response(response: bytes) -> tuple[int, bytes]:
    """Return status and body of an HTTP response, the latter cut at MAXIMUM_BYTES of both.

    Raises HTTPException where it is none, or where the server cut it off.
    """
    parsed = http.client.HTTPResponse(_Received(response))  # type: ignore[arg-type]
    parsed.begin()
    try:
        body = parsed.read()
    except http.client.IncompleteRead as short:
        if len(response) < MAXIMUM_BYTES:
            raise
        body = short.partial
    return parsed.status, body


class _Received:
    """Replace the socket that a response came from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        """Return the received bytes."""
        return io.BytesIO(self._content)
