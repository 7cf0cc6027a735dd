"""Read in which form the plan's web endpoints answer: the head of the answer.

A page with the same words is another one for a client that reads its type, its character set, or
what a browser may do with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from upgradeproof.probes.base import Probe, Record
from upgradeproof.probes.command_results import jobs
from upgradeproof.probes.inputs import ProbeInputs
from upgradeproof.probes.secrets import masked_text
from upgradeproof.probes.supervised import results, supervise

_STATUS = re.compile(r"HTTP/([\d.]+) (\d{3})\b")
_PROTECTIONS = (
    "access-control-allow-origin",
    "content-security-policy",
    "strict-transport-security",
    "www-authenticate",
    "x-content-type-options",
    "x-frame-options",
)
"""Headers by which a server restricts its clients, or lifts a restriction."""
_VARIABLE = re.compile(
    r"""\b(nonce|opaque|boundary|sha\d+)[-=](?:"[^"]*"|[\w+/=-]+'?)""", re.ASCII | re.IGNORECASE
)


class AnswerForm(Record):
    """The head of one answer, without what differs from answer to answer."""

    volatile: ClassVar[frozenset[str]] = frozenset({"status"})
    status: int = 0
    protocol: str = ""
    """The version of HTTP that the server answered with: ``1.1``."""
    content_type: str = ""
    """In lower case, without spaces, such as ``text/html;charset=utf-8``; empty: not sent."""
    content_encoding: str = ""
    protections: tuple[str, ...] = ()
    """Headers of browsers' rules and of logins, sorted, with their values."""


class Answers(Probe[AnswerForm]):
    """Ask each endpoint of the kinds http and https once, from inside; the key is its id."""

    section = "answers"
    record: ClassVar[type[Record]] = AnswerForm
    arrivals = False
    departures = False

    @classmethod
    def script(cls, inputs: ProbeInputs, /) -> str:
        """Return the script."""
        return supervise(jobs(inputs.web))

    @classmethod
    def parse(cls, output: str, inputs: ProbeInputs, /) -> dict[str, AnswerForm]:
        """Return the forms; an endpoint that did not answer has none."""
        found: dict[str, AnswerForm] = {}
        for given, result in zip(inputs.web, results(output, jobs(inputs.web)), strict=True):
            lines = result.stdout.split("\n")
            while lines and not _STATUS.match(lines[0]):
                lines = lines[1:]
            if lines and (first := _STATUS.match(lines[0])):
                found[given.id] = _form(first, _headers(lines[1:]))
        return found


def _headers(lines: list[str]) -> dict[str, str]:
    """Return the headers up to the empty line, by their names in lower case.

    The values of one that is sent twice are joined, as RFC 9110 allows.
    """
    head = lines[: lines.index("")] if "" in lines else lines
    found: dict[str, str] = {}
    for line in head:
        given, _, value = line.partition(":")
        name, words = given.strip().lower(), " ".join(value.split())
        found[name] = f"{found[name]}, {words}" if name in found else words
    return found


def _form(first: re.Match[str], headers: Mapping[str, str]) -> AnswerForm:
    return AnswerForm(
        status=int(first[2]),
        protocol=first[1],
        content_type=_fixed(headers.get("content-type", "")).lower().replace(" ", ""),
        content_encoding=headers.get("content-encoding", "").lower(),
        protections=tuple(
            f"{name}: {_fixed(headers[name])}" for name in _PROTECTIONS if name in headers
        ),
    )


def _fixed(value: str) -> str:
    """Return a header's value without secrets and what differs from answer to answer."""
    return masked_text(_VARIABLE.sub(r"\1-*", value))
