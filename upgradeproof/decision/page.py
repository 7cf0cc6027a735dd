"""The sign-off page: one file for screen and paper; what machines wrote is escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from upgradeproof import __version__
from upgradeproof.decision.deciding import Answer, Question
from upgradeproof.decision.files import digest
from upgradeproof.decision.names import PAGE
from upgradeproof.decision.printing import summary
from upgradeproof.decision.view import View, view
from upgradeproof.render import words
from upgradeproof.render.templating import origin_of
from upgradeproof.render.transcripts import plain
from upgradeproof.render.writing import write_text
from upgradeproof.results import Verdict

MEANINGS = {
    "go": "Every rule of the policy holds. The release may ship.",
    "no_go": "At least one rule of the policy is violated. The release must not ship.",
    "cannot_tell": "The run does not prove enough. Nothing states that the release is bad.",
}
HEADINGS = {
    "no_go": "Why NO-GO",
    "cannot_tell": "Why the run does not prove enough",
    "note": "To know, without effect on the decision",
}
RESULTS = {
    "passed": "passed",
    "passed_with_waivers": "passed with waivers",
    "not_passed": "not passed",
}


def write_page(folder: Path, question: Question, answer: Answer) -> Path:
    """Write the page next to run.json, and return its path. Raises HarnessError."""
    return write_text(folder / PAGE, page(question, answer))


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("upgradeproof.decision"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    made.filters.update(moment=words.moment)
    return made


def page(question: Question, answer: Answer) -> str:
    """Return the page. It depends on the decision and its inputs alone."""
    environment = _environment()
    found = view(question, answer)
    style = _source(environment, "sign-off.css")
    return environment.get_template("sign-off.html.j2").render(
        version=__version__,
        view=found,
        decision=found.decision,
        run=found.run,
        summary=summary(found.decision),
        meaning=MEANINGS[found.decision.outcome],
        headings=HEADINGS,
        result=RESULTS[found.decision.result],
        products=_products(found),
        counts=_counts(found),
        elapsed=words.elapsed(found.run),
        digest=digest(found.decision.as_json().encode()),
        style=style,
        content_policy=f"default-src 'none'; style-src {_allowed(style)}; base-uri 'none'; "
        "form-action 'none'",
    )


def version_of(text: str) -> str:
    """Return the version of upgradeproof that made a page; empty where the page names none."""
    program, _, version = origin_of(text).partition(" ")
    return version if program == "upgradeproof" else ""


def _finalize(value: object) -> object:
    """Take the control characters out of what machines wrote."""
    return plain(value) if type(value) is str else value


def _source(environment: Environment, name: str) -> str:
    loader = environment.loader
    return f"\n{loader.get_source(environment, name)[0]}" if loader else ""


def _allowed(style: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


def _products(found: View) -> str:
    """Return what is signed off: each product with its upgrades."""
    upgrades: dict[str, dict[str, None]] = {}
    for cell in found.run.cells:
        if cell.selected:
            upgrades.setdefault(cell.product, {})[words.upgrade_title(cell)] = None
    return "; ".join(f"{product} {', '.join(titles)}" for product, titles in upgrades.items())


def _counts(view_: View) -> str:
    """Return the checks by verdict: ``80 passed, 2 not applicable``."""
    cells = [cell for cell in view_.run.cells if cell.selected]
    counts = words.count(check.verdict for cell in cells for check in cell.checks)
    order = (Verdict.PASSED, *(verdict for verdict in counts if verdict is not Verdict.PASSED))
    found = [f"{counts[each]:,} {words.WORDS[each].word}" for each in order if counts[each]]
    return ", ".join(found) or "none"
