"""Ask an endpoint from inside of the machine, by the clients that it has itself."""

from __future__ import annotations

import http.client
from dataclasses import replace
from typing import Literal

from upgradeproof.clients import (
    HttpQuestion,
    complaints,
    dns_query,
    dns_text,
    https_script,
    parse_response,
    raw_script,
    tls_script,
    transferred,
)
from upgradeproof.command import Completed
from upgradeproof.endpoints.answer import LARGEST_BODY, TIMEOUT_S, Answer
from upgradeproof.errors import CommandTimeoutError
from upgradeproof.machines import Machine
from upgradeproof.plan import Endpoint


def ask_inside(machine: Machine, endpoint: Endpoint, port: int, address: str) -> Answer | None:
    """Ask from inside of the machine; None: it has no client for that, and this host may ask."""
    if endpoint.kind == "https":
        return _https_inside(machine, endpoint, port, address)
    if endpoint.kind in ("smtp", "imap"):
        return _mail(machine, endpoint, port, address)
    if endpoint.kind == "tls":
        return _tls(machine, endpoint, port, address)
    if endpoint.kind == "dns":
        return _dns(machine, endpoint, port, address)
    place = endpoint.socket or address
    transport: Literal["tcp", "udp", "unix"]
    transport = "unix" if endpoint.socket else "udp" if endpoint.kind == "udp" else "tcp"
    if endpoint.kind == "http":
        question = HttpQuestion(address=place, port=port, host=endpoint.host, path=endpoint.path)
        script = raw_script(transport, place, port, ends="close", user=endpoint.user)
        return _response(_run(machine, script, question.request.encode()), "perl")
    script = raw_script(
        transport,
        place,
        port,
        ends="packet" if transport == "udp" else "text",
        text=endpoint.contains,
        user=endpoint.user,
    )
    return _answer_of(_run(machine, script, endpoint.send.encode()), "perl")


def _https_inside(machine: Machine, endpoint: Endpoint, port: int, address: str) -> Answer | None:
    question = HttpQuestion(
        address=address, port=port, host=endpoint.host, path=endpoint.path, ca=endpoint.ca
    )
    done = _run(machine, https_script(question))
    client, _, output = done.stdout.partition(b"\n")
    if client == b"none":
        return None
    return _response(replace(done, stdout=output), client.decode("utf-8", "replace"))


def _mail(machine: Machine, endpoint: Endpoint, port: int, address: str) -> Answer:
    """Send a greeting, the lines of ``send``, and the end of the session."""
    sent = [line for line in endpoint.send.splitlines() if line]
    if endpoint.kind == "smtp":
        lines = ["EHLO localhost", *sent, "QUIT"]
    else:
        lines = ["a1 CAPABILITY", *sent, "a9 LOGOUT"]
    request = "".join(f"{line}\r\n" for line in lines).encode()
    if not endpoint.starttls:
        return _answer_of(
            _run(machine, raw_script("tcp", address, port, ends="lines"), request), "perl"
        )
    script = tls_script(
        address, port, endpoint.host, endpoint.ca, ends="replies", starttls=endpoint.kind
    )
    return _answer_of(_run(machine, script, request), "openssl")


def _tls(machine: Machine, endpoint: Endpoint, port: int, address: str) -> Answer:
    """Send over TLS; where nothing is sent and expected, the handshake is the answer."""
    handshake = not endpoint.send and not endpoint.contains
    script = tls_script(
        address,
        port,
        endpoint.host,
        endpoint.ca,
        ends="handshake" if handshake else "text",
        text=endpoint.contains,
    )
    done = _run(machine, script, endpoint.send.encode())
    if handshake and done.ok:
        done = replace(done, stdout=done.stdout or b"the TLS handshake succeeded")
    return _answer_of(done, "openssl")


def _dns(machine: Machine, endpoint: Endpoint, port: int, address: str) -> Answer:
    """Ask for records, a whole zone over TCP; an error is an answer if the plan expects it."""
    name, kind = endpoint.question
    query, zone = dns_query(name, kind), kind == "AXFR"
    if zone:
        query = len(query).to_bytes(2, "big") + query
    script = raw_script(
        "tcp" if zone else "udp", address, port, ends="silence" if zone else "packet"
    )
    done = _run(machine, script, query)
    answer = _answer_of(done, "perl")
    if answer.problem:
        return answer
    try:
        text = transferred(done.stdout) if zone else dns_text(done.stdout)
    except ValueError as error:
        return Answer(problem=str(error), client=answer.client)
    failed = not endpoint.contains and not text.startswith("NOERROR")
    return Answer(body=text, problem=text if failed else "", client=answer.client)


def _run(machine: Machine, script: str, request: bytes = b"") -> Completed:
    try:
        return machine.run(script, stdin=request, timeout_s=2 * TIMEOUT_S)
    except CommandTimeoutError as error:
        return Completed(
            command="",
            exit_status=124,
            stdout=b"",
            stderr=str(error).encode(),
            duration_s=TIMEOUT_S,
        )


def _answer_of(done: Completed, client: str) -> Answer:
    """Return what a client printed, or why there is nothing."""
    messages = complaints(done.stderr.decode("utf-8", "replace"))
    problem = "\n".join(messages) or f"exit status {done.exit_status}, and no answer"
    return Answer(
        body=done.stdout[:LARGEST_BODY].decode("utf-8", "replace"),
        problem="" if done.ok and done.stdout else problem,
        client=f"{client} on the machine",
        warnings=messages if done.ok and done.stdout else (),
    )


def _response(done: Completed, client: str) -> Answer:
    """Return the HTTP response that a client printed with its headers."""
    answer = _answer_of(done, client)
    try:
        status, body = parse_response(done.stdout)
    except (http.client.HTTPException, ValueError) as error:
        problem = answer.problem or "\n".join(answer.warnings) or repr(error)
        return Answer(problem=problem, client=answer.client)
    text = body[:LARGEST_BODY].decode("utf-8", "replace")
    return Answer(status=status, body=text, client=answer.client, warnings=answer.warnings)
