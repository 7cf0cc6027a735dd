"""Why a request failed, in the same words for each failure of one kind."""

from __future__ import annotations

import ssl
import textwrap
from http import HTTPStatus

LONGEST = 120


def kind(error: BaseException | str, status: int | None = None) -> str:
    """Return the kind of a failure: the server's status, else the innermost error."""
    if status and status >= HTTPStatus.BAD_REQUEST:
        return f"status {status}"
    text = error if isinstance(error, str) else _message(_first_cause(error))
    return textwrap.shorten(text, LONGEST)


def no_answer(limit_s: float) -> str:
    """Return the kind of a request that timed out."""
    return f"no answer within {limit_s:g} s"


def _message(error: BaseException) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"TLS: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS: {error}"
        case OSError(strerror=str(text)):
            return text
        case TimeoutError():
            return "timed out"
        case _:
            return f"{type(error).__name__}: {error}"


def _first_cause(error: BaseException) -> BaseException:
    """Return the cause of an error; Locust's fast client stores it as ``original``."""
    while isinstance(below := _below(error), BaseException):
        error = below
    return error


def _below(error: BaseException) -> object:
    return error.__cause__ or error.__context__ or getattr(error, "original", None)
