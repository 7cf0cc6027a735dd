"""Ask over HTTPS by a client of the machine's own: its TLS library, its certificates."""

from __future__ import annotations

import http.client
import io
import shlex
from dataclasses import dataclass

from upgradeproof.clients.streams import MAXIMUM_BYTES, TIMEOUT_S, joined

_PYTHON = r"""
import socket, ssl, sys
address, port, host, ca, request = sys.argv[1:]
context = ssl.create_default_context(cafile=ca or None)
try:
    with socket.create_connection((address, int(port)), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=host) as peer:
            peer.sendall(request.encode())
            said = b""
            while len(said) < 1 << 20:
                part = peer.recv(65536)
                if not part:
                    break
                said += part
    sys.stdout.buffer.write(said)
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
    def request(self) -> str:
        """Return the request as it is sent by a client that is told every byte."""
        return f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n\r\n"


def https_script(question: HttpQuestion) -> str:
    """Return the script that asks by the first client that is there.

    Its first line of output names the client: curl, wget, openssl or python3; or ``none``. Then
    comes the response with its headers.
    """
    q = {
        "host": shlex.quote(question.host),
        "port": question.port,
        "url": shlex.quote(f"https://{question.host}:{question.port}{question.path}"),
        "header": shlex.quote(f"Host: {question.host}"),
    }
    address = question.address
    resolve = shlex.quote(f"{question.host}:{question.port}:{address}")
    ca = shlex.quote(question.ca) if question.ca else ""
    curl = (
        f"curl -sS -i --raw --http1.1 -m {TIMEOUT_S} --noproxy '*' --resolve {resolve}"
        f" -H {q['header']}{f' --cacert {ca}' if ca else ''} {q['url']} | head -c {MAXIMUM_BYTES}"
    )
    wget = (
        "d=$(mktemp -d /run/upgradeproof-wget.XXXXXX); trap 'rm -rf \"$d\"' EXIT\n"
        f"timeout {TIMEOUT_S} wget --no-proxy -nv -S --tries=1 --max-redirect=0"
        f" --content-on-error --header={q['header']}{f' --ca-certificate={ca}' if ca else ''}"
        f' -O "$d/body" {q["url"]} 2>"$d/err"\n'
        "status=$(sed -n 's|^ *HTTP/[0-9.]* \\([0-9]*\\).*|\\1|p' \"$d/err\" | tail -n 1)\n"
        '[ -n "$status" ] || { cat "$d/err" >&2; exit 1; }\n'
        "printf 'HTTP/1.1 %s -\\r\\nConnection: close\\r\\n\\r\\n' \"$status\"\n"
        f'head -c {MAXIMUM_BYTES} "$d/body"'
    )
    trust = f" -CAfile {ca} -no-CApath" if ca else ""
    openssl = (
        f"printf %s {shlex.quote(question.request)} | timeout {TIMEOUT_S} openssl s_client"
        f" -quiet -connect {shlex.quote(joined(address, question.port))}"
        f" -servername {q['host']} -verify_quiet -verify_return_error"
        f" -verify_hostname {q['host']}{trust}"
        f" | head -c {MAXIMUM_BYTES}"
    )
    words = ["python3", "-c", _PYTHON, address, str(question.port), question.host, question.ca]
    python = shlex.join([*words, question.request])
    # wget can't be told where a name leads: it is asked where the machine itself knows it.
    here = f'[ "$(getent hosts {q["host"]} | cut -d " " -f 1)" = {shlex.quote(address)} ]'
    return (
        "has() { command -v $1 >/dev/null; }\n"
        f"if has curl; then echo curl; {curl}\n"
        f"elif has wget && {here}; then echo wget; {wget}\n"
        f"elif has openssl; then echo openssl; {openssl}\n"
        f"elif has python3; then echo python3; {python}\n"
        "else echo none; fi"
    )


def parse_response(response: bytes) -> tuple[int, bytes]:
    """Return status and body of an HTTP response. Raises HTTPException where it is none."""
    parsed = http.client.HTTPResponse(_Received(response))  # type: ignore[arg-type]
    parsed.begin()
    try:
        body = parsed.read()
    except http.client.IncompleteRead as short:  # cut at the limit, or by the server
        body = short.partial
    return parsed.status, body


class _Received:
    """Stand for the socket that a response came from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        """Return the bytes that came."""
        return io.BytesIO(self._content)
