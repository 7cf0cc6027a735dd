"""The cause of a failed request is printed in the same words, whatever exception wraps it."""

from __future__ import annotations

import ssl

import pytest

from upgradeproof.load.kinds import LONGEST, kind, no_answer


def wrapped(cause: Exception) -> BaseException:
    error = ValueError("<Connection at 0x7f00> failed")
    error.__cause__ = RuntimeError("retried")
    error.__cause__.__context__ = cause
    return error


class RetriesExceeded(Exception):  # noqa: N818  # its name in Locust
    """The error of Locust's fast client: it has no cause, and its text contains the address."""

    def __init__(self, original: object) -> None:
        super().__init__(f"URL http://localhost:1/: 0, original={original}")
        self.original = original


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (ValueError("HTTP error"), 503, "status 503"),
        ("the page is empty", 200, "the page is empty"),
        (wrapped(ConnectionRefusedError(111, "Connection refused")), 0, "Connection refused"),
        (wrapped(TimeoutError("timed out")), None, "timed out"),
        (wrapped(TimeoutError()), None, "timed out"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION] (_ssl.c:1)"), None, "TLS: [SSL: WRONG_VERSION]"),
        (RetriesExceeded(TimeoutError("timed out")), 0, "timed out"),
        (RetriesExceeded(None), 0, "RetriesExceeded: URL"),
        (KeyError("x"), None, "KeyError: 'x'"),
    ],
)
def test_the_cause_is_printed(
    error: BaseException | str, status: int | None, expected: str
) -> None:
    assert kind(error, status).startswith(expected)


def test_a_long_text_is_cut() -> None:
    assert len(kind("word " * 200)) <= LONGEST


def test_a_request_that_timed_out_states_its_limit() -> None:
    assert no_answer(2.5) == "no answer within 2.5 s"
