"""Compare an amount with what the plan requires and recommends."""

from __future__ import annotations

from collections.abc import Iterator

from upgradeproof.plan.preflight import Amount
from upgradeproof.results import Finding
from upgradeproof.severity import Severity


def judge_amount(
    asked: Amount,
    have: float,
    *,
    name: str,
    of: str,
    meaning: str,
    remedy: str,
) -> Iterator[Finding]:
    """Yield a finding if there is less than required, or less than recommended.

    ``name`` is the finding's id. ``of`` names what is counted, with its unit: ``GB of memory``. In
    ``remedy``, the required amount replaces ``{}``.
    """
    there = f"{number(have)} {of}"
    if have < asked.min:
        yield Finding(
            id=name,
            severity=asked.severity,
            title=f"{there}, where {number(asked.min)} are required",
            meaning=meaning,
            remedy=remedy.replace("{}", number(max(asked.min, asked.recommended))),
        )
    elif have < asked.recommended:
        yield Finding(
            id=name,
            severity=Severity.INFO,
            title=f"{there}, where {number(asked.recommended)} are recommended",
            meaning=meaning,
            remedy=remedy.replace("{}", number(asked.recommended)),
        )


def unknown(*, name: str, what: str, why: str, remedy: str) -> Finding:
    """Return the finding that something which the plan requires is not known here."""
    return Finding(
        id=name,
        severity=Severity.INFO,
        title=f"{what} is not known here",
        meaning=why,
        remedy=remedy,
    )


def number(value: float) -> str:
    """Return a number as text: ``16``, ``1.5``, ``5,000``."""
    return f"{value:,.1f}".removesuffix(".0")
